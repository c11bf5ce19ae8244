"""What `pip install` gives: only the declared dependencies, far from the checkout."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UNDECLARED = ("pyarrow", "numpy", "pandas", "pytest")

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that holds the wheel and what it asks for."""
    place = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", place, ROOT, cwd=place)
    venv.create(place / "venv", with_pip=True)
    (wheel,) = place.glob("finops-*.whl")
    run(place / "venv/bin/pip", "install", "--quiet", wheel, cwd=place)
    return place / "venv/bin"


@pytest.mark.parametrize("package", UNDECLARED)
def test_nothing_undeclared_is_there(installed: Path, package: str) -> None:
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({package!r}) is not None)"
    run(installed / "python", "-c", code, cwd=installed)


def test_dependencies_agree(installed: Path) -> None:
    run(installed / "pip", "check", cwd=installed)


def test_the_demo_runs_from_another_directory(installed: Path, tmp_path: Path) -> None:
    verdict = run(installed / "finops", "demo", "--home", "demo", "--no-serve", cwd=tmp_path)
    assert "attributed, to the last decimal" in verdict
    assert (tmp_path / "demo/finops.duckdb").exists()
