"""What writes into the repository says so where a package is installed without it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site-packages")
    for package in ("lab", "studies"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    return folder


@pytest.mark.parametrize(
    "module",
    [
        "lab.stubs",
        "studies._site",
        "studies._site.figures",
        "studies._site.parity",
        "studies._site.reference",
        "studies.claims",
    ],
)
def test_it_refuses_in_a_sentence_and_writes_nothing(module, site_packages):
    before = sorted(path for path in site_packages.rglob("*") if path.suffix != ".pyc")
    done = subprocess.run(
        [sys.executable, "-B", "-m", module], cwd=site_packages, capture_output=True, text=True
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert f"python -m {module}" in done.stderr
    assert "needs the repository" in done.stderr
    assert sorted(path for path in site_packages.rglob("*") if path.suffix != ".pyc") == before
