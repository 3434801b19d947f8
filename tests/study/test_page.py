"""Pages are filled from a summary, and name nothing that is not there."""

import numpy as np
import pytest

import lab
from lab.statistics.intervals import Interval
from lab.study import Claim, Table
from lab.study.code import hashed
from lab.study.page import file_name, filled, minutes, pictures
from lab.study.summary import summary, write

RUNS = "studies.overfitting.runs"
MANIFEST = {
    "configuration": {
        "code": hashed(RUNS),
        "study": "overfitting",
        "settings": {"rate": 0.003, "rows": [1, 2000]},
    },
    "provenance": {"versions": {"jax": "1"}, "revision": "abc", "hostname": "secret"},
}


def claim(name="gain", low=0.5):
    return Claim(name, "It helps", Interval(1.0, low, 2.0), 12, "splits", low=0, digits=".1f")


def found(**claims):
    tables = {"table": Table(["a", "b"], [["x", "1"]], "A note.")}
    return summary([claim()], tables, MANIFEST, 95.0, RUNS) | claims


def test_every_place_is_filled():
    prose = (
        "# T\n{figure:curves:What it shows}\n{table}\n{claims}\n{claim:gain} {outcome:gain} "
        "{setting:rate} {setting:rows} ({minutes}) {kept} {}"
    )
    page = filled(prose, found(), "../")
    assert "![What it shows](../overfitting_curves.png)" in page
    assert "| a   |   b |" in page
    assert "A note." in page
    assert "- *It helps*: **held**, 1.0 (0.5 to 2.0)." in page
    assert "1.0 (0.5 to 2.0) held 0.003 1, 2,000 (a minute and a half) {kept} {}" in page
    assert pictures(prose) == ["curves"]


@pytest.mark.parametrize("place", ["{claim:gian}", "{setting:rat}", "{table:tabel}", "{outcome:x}"])
def test_what_is_not_there_is_refused(place):
    with pytest.raises(lab.InputError, match="on the page of overfitting"):
        filled(place, found())


def test_names_of_pictures():
    assert file_name("xor", "success") == "xor_success.png"
    assert file_name("tuning", "tuning") == "tuning.png"
    assert file_name("landscapes", "saddle.gif") == "landscapes_saddle.gif"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3, "10 seconds"), (42, "40 seconds"), (58, "a minute"), (88, "a minute and a half"),
     (120, "2 minutes"), (160, "2 and a half minutes"), (490, "8 minutes")],
)  # fmt: skip
def test_time_in_words(seconds, said):
    assert minutes(seconds) == said


def test_a_summary_is_small_says_what_it_comes_from_and_nothing_of_the_machine(tmp_path):
    whole = found()
    assert whole["made_by"] == {"versions": {"jax": "1"}, "revision": "abc"}
    assert whole["claims"][0]["intervals"] == [[1.0, 0.5, 2.0]]
    assert whole["claims"][0]["limits"] == [[0.0, "inf"]]
    assert len(whole["code"]) == 64
    other = MANIFEST | {"configuration": MANIFEST["configuration"] | {"code": "0" * 64}}
    assert summary([], {}, other, 1.0, RUNS)["code"] == "of another"
    with pytest.raises(lab.InputError, match=r"50,000 are allowed"):
        write(whole | {"claims": ["x" * 60_000]}, tmp_path / "claims.json")
    assert not list(tmp_path.iterdir())
    with pytest.raises(lab.InputError, match="gain twice"):
        summary([claim(), claim(low=np.nan)], {}, MANIFEST, 1.0, RUNS)
