"""Every study runs, is redrawn, resumed and verified, and its page is what its record says."""

import json
import platform
from pathlib import Path

import pytest

from lab.study import discovery
from lab.study.code import hashed
from lab.study.command import run
from lab.study.discovery import study
from lab.study.page import file_name, filled, page_of, pictures
from tests.studies.conftest import WRITTEN

STUDIES = discovery.names()


QUICK = ("moving_average", "overfitting", "perceptron", "weight_decay")  # verified in every run
NO_DRAWING = {"manifest.json", "settings.json"}


@pytest.mark.parametrize(
    # it times processes that start, compile and wait: 80 seconds
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n == "speed" else n for n in STUDIES],
)
def test_a_smoke_run_is_redrawn_and_resumed(name, smoke, tmp_path, capsys):
    one = smoke(name)
    run(study(name), {"from_": one, "out": tmp_path})
    written = {path.name for path in one.iterdir() if path.suffix in WRITTEN} - NO_DRAWING
    assert {path.name for path in tmp_path.iterdir()} == written
    assert any(file.endswith((".png", ".gif")) for file in written)
    for file in written:
        assert (tmp_path / file).read_bytes() == (one / file).read_bytes(), file
    before = {path: path.stat().st_mtime_ns for path in (one / "parts").iterdir()}
    capsys.readouterr()
    run(study(name), {"smoke": True, "resume": one})
    assert f"{name}: " not in capsys.readouterr().out.split("\n\n")[0]  # no part is announced
    assert {path: path.stat().st_mtime_ns for path in (one / "parts").iterdir()} == before


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in STUDIES]
)
def test_a_smoke_run_is_verified(name, smoke, capsys):
    one = smoke(name)
    parts = list((one / "parts").glob("*.nc"))
    capsys.readouterr()
    run(study(name), {"smoke": True, "verify": one})  # raises SystemExit where bits differ
    assert capsys.readouterr().out.count("bitwise the record's") >= len(parts) > 0


@pytest.mark.parametrize("name", STUDIES)
def test_a_page_is_what_the_committed_claims_say(name):
    found = json.loads(discovery.committed(name).read_text())
    page = filled(page_of(name).read_text(), found, figures="../")
    root = Path(page_of(name)).parent.parent.parent / "figures"
    assert (root / "pages" / f"{name}.md").read_text() == page, "run python -m studies._site"
    for picture in pictures(page_of(name).read_text()):
        path = root / file_name(name, picture)
        assert path.stat().st_size <= (2_000_000 if path.suffix == ".gif" else 200_000), picture


@pytest.mark.parametrize("name", STUDIES)
def test_committed_claims_were_made_by_the_code_that_is_committed(name):
    found = json.loads(discovery.committed(name).read_text())
    if found["made_by"]["python"].split(".")[:2] != [*platform.python_version_tuple()[:2]]:
        pytest.skip("syntax trees are written otherwise by another Python")
    assert found["code"] == hashed(f"studies.{name}.__main__"), (
        "run python -m studies._site.figures"
    )
