# What runs here is what `pip install` gives: the wheel is built in one stage and installed in the next.
FROM python:3.13-slim AS wheel
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY finops finops
COPY queries queries
COPY alerts alerts
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir /wheels/*.whl \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin finops \
    && install -d -o 10001 -g 10001 /data
USER 10001:10001
ENV FINOPS_HOME=/data PYTHONUNBUFFERED=1
VOLUME /data
# Healthy: the published ledger opens. A home that was never synced has none.
HEALTHCHECK --interval=5m --timeout=30s --start-period=15m CMD ["finops", "status", "--json"]
ENTRYPOINT ["finops"]
CMD ["--help"]
