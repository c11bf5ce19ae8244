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
EXPOSE 8080
# Told to stop, it lets the job that runs finish for [schedule] grace_seconds: give it some more before the kill.
STOPSIGNAL SIGTERM
# Alive, not ready: a home without a good sync yet is no reason to start it anew. /readyz tells the rest.
HEALTHCHECK --interval=1m --timeout=10s --start-period=1m \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=5)"]
ENTRYPOINT ["finops"]
CMD ["serve", "--host", "0.0.0.0"]
