"""`finops init DIRECTORY`: what it says, and what it refuses."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from bill import cur2, line
from home import Home

EC2 = {
    "code": "AmazonEC2", "product_servicecode": "AmazonEC2", "product_product_family": "Compute Instance",
    "product": {"product_name": "Amazon Elastic Compute Cloud"}, "usage_type": "BoxUsage:m5.large",
}  # fmt: skip


def fresh(tmp_path: Path, name: str = "home") -> Home:
    """Without a finops.toml; `exports` waits for files."""
    home = Home(tmp_path / name)
    (home.path / "finops.toml").unlink()
    return home


@pytest.mark.parametrize(
    ("directory", "said"),
    [
        pytest.param("/nope", "/nope: no such directory; give that of your CUR files", id="not there"),
        pytest.param(__file__, f"{__file__}: is a file; give its directory", id="a file"),
        pytest.param(
            "S3://bills/cur", "S3 addresses begin with s3://; give s3://bills/cur", id="S3 in capitals"
        ),
        pytest.param("s3:/bills/cur", "S3 addresses begin with s3://; give s3://bills/cur", id="one slash"),
    ],
)
def test_what_is_no_directory_is_a_wrong_argument(tmp_path: Path, directory: str, said: str) -> None:
    done = fresh(tmp_path).run("init", directory)
    assert (done.returncode, said in done.stderr) == (3, True), done.stderr
    assert "[[sources]]" not in done.stderr


@pytest.mark.parametrize("kind", ["cur", "metric_stream"])
def test_a_misspelt_bucket_is_no_directory(home: Home, kind: str) -> None:
    home.configure(sources=f'[[sources]]\nkind = "{kind}"\npath = "S3://bills/cur"\n')
    done = home.run("sync")
    assert done.returncode == 2
    assert (
        "S3://bills/cur: S3 addresses begin with s3://; make `path` in [[sources]] s3://bills/cur"
        in done.stderr
    )


def test_the_next_command_can_be_copied(tmp_path: Path) -> None:
    home = fresh(tmp_path, "a home")
    cur2(home.exports, [line("2026-11-17 10:00", 7)])
    done = home.run("init", str(home.exports))
    assert done.returncode == 0, done.stderr
    assert shlex.split(done.stdout.splitlines()[-1]) == ["next:", "finops", "--home", str(home.path), "run"]


def test_a_bill_of_other_products_is_told(tmp_path: Path) -> None:
    home = fresh(tmp_path)
    cur2(home.exports, [line("2026-11-17 10:00", 7, **EC2)])
    done = home.run("init", str(home.exports))
    assert "note: no line of it is Bedrock's; look at the filter of the export" in done.stdout
    assert (
        "note: no line of any bill is Bedrock's; look at the filter of the export" in home.run("sync").stderr
    )
    assert "named by" not in home.run("status").stdout
