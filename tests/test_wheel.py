"""What `pip install` gives: only the declared dependencies, far from the checkout."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UNDECLARED = {"chdb", "numpy", "pandas", "pytest"}
INSTALLED = "import importlib.metadata as m; print(*(d.metadata['Name'].lower() for d in m.distributions()))"


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_alone_runs_the_demo_from_another_directory(tmp_path: Path) -> None:
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        "dist",
        ROOT,
        cwd=tmp_path,
    )
    (wheel,) = tmp_path.glob("dist/finops-*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    bin_ = tmp_path / "venv/bin"
    run(bin_ / "pip", "install", "--quiet", wheel, cwd=tmp_path)
    run(bin_ / "pip", "check", cwd=tmp_path)
    assert UNDECLARED.isdisjoint(run(bin_ / "python", "-c", INSTALLED, cwd=tmp_path).split())
    verdict = run(bin_ / "finops", "demo", "--home", "demo", "--no-serve", cwd=tmp_path)
    assert "attributed, to the last decimal" in verdict
    assert (tmp_path / "demo/finops.duckdb").exists()
