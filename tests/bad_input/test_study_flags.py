"""Every flag of every study meets bad input, and refuses it in one sentence, with nothing written.

Flags are found in the dataclasses of the studies' settings, and bad values are made for a flag's
kind, so that a new study or flag is covered without a line here; a kind that is not known fails.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lab
from lab.study import command, discovery, flags, folder
from lab.study.command import Run, fields_of
from studies._site.figures import Figures
from studies._site.parity import Parity
from studies._site.reference import Reference
from studies.claims.__main__ import Claims
from tests.bad_input.test_public_callables import ordinary

FEWEST = 20
LONGEST = 2000  # characters: a sentence may list every optimizer
STUDIES = {name: discovery.study(name) for name in discovery.names()}
KNOWN = {name: fields_of(Run) | fields_of(study.settings) for name, study in STUDIES.items()}
ALONE = {of.__name__.lower(): fields_of(of) for of in (Figures, Parity, Reference, Claims)}
ALL = [(hint, name) for known in (KNOWN | ALONE).values() for name, (hint, _) in known.items()]
COLUMNS = ("a", "b", "y")
OF_COLUMNS = ("target", "weight", "group", "time")


def kind_of(hint):
    """What a flag declares, in a word."""
    told = [m.metavar for m in getattr(hint, "__metadata__", ()) if getattr(m, "metavar", None)]
    if told:
        return told[0]
    return "SWITCH" if bool in (hint, *get_args(hint)) else "NAME"  # one of a few words


text = st.text(max_size=12)
NO_NUMBERS = st.sampled_from(
    ["", " ", "ten", "1e", "0x10", "1,5", "--", "None", "1 2", "½", "nan", "NaN", "1_", "١x", "\0",
     "3" * 5000, "[1]", "True", "1;2", "{}"]
)  # fmt: skip
NO_WHOLES = (
    st.integers(max_value=-1).map(str)
    | st.integers(min_value=2**31).map(str)
    | st.sampled_from(["1.5", "1e3", "inf", "-inf"])
    | NO_NUMBERS
)
NO_WORDS = text.map("no {}".format) | st.sampled_from(
    ["None", "a" * 5000, "../..", "nul\0", "{x!r}", "%s", "sgd;", "", " ", "a\nb", "\ud800"]
)
NO_PLACE = st.one_of(
    st.sampled_from(["", " ", "\t\n", "\0", "taken/below", "taken/../x", "loop/x", "gone/x"]),
    st.sampled_from(["/dev/null/x", "é" * 200, "\ud800", "gone", "loop"]),
    st.integers(256, 5000).map("x".__mul__),
    text.map("taken/below/{}".format),
    st.tuples(text, text).map("\0".join),
)
BAD = {
    "INT": NO_WHOLES,
    "INTS": NO_WHOLES.map("7,{}".format) | st.just("7,7"),
    "FLOAT": st.sampled_from(["inf", "-inf", "-1e300", "1e300"]) | NO_NUMBERS,
    "NAME": NO_WORDS,
    "NAMES": NO_WORDS | NO_WORDS.map("xor,{}".format),
    "COLUMN": st.text(" \t\n\u2003\0", max_size=9).filter(lambda x: not x.strip())
    | st.integers(10_001, 10_100).map("x".__mul__),
    "TIME": NO_NUMBERS
    | st.sampled_from(["0s", "-1m", "1d", "10", "1.h", "1e3s", "s", "∞h", "1m30s", "10 m"]),
    "CURRENCY=AMOUNT": NO_NUMBERS.map("flops={}".format)
    | st.sampled_from(["flops", "flops=", "flops=0", "flops=-1", "updates=1.5", "updates=inf",
                       "dollars=3", "=3", "=", "epochs", "flops==1", "examples=nan"]),
    "PATH": NO_PLACE,
    "WHERE": NO_NUMBERS
    | NO_NUMBERS.map("tcp://host:{}".format)
    | st.sampled_from(["host:8786", "tcp://", "tcp://host", "tcp://host:0", "tcp://host:65536",
                       "tcp://:1", "0", "-1", "1.5", "100000", ":", "gone.json"]),
    "SWITCH": st.integers(2).map("value{}".format),
}  # fmt: skip


def bad_values(kind):
    """Distinct texts that a kind of flag must refuse, as many as a test of it needs."""
    values = {}

    @settings(ordinary, max_examples=60)
    @given(BAD[kind])
    def collect(value):
        values[value] = None

    collect()
    return tuple(values)[:FEWEST]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with what bad paths lead to; nothing in it may change, and no training begins."""
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "gone").symlink_to("nowhere/at/all")
    rows = np.random.default_rng(0).normal(size=(60, 2)).tolist()
    lines = [f"{a},{b},{i % 3}" for i, (a, b) in enumerate(rows)]
    (tmp_path / "good.csv").write_text("\n".join([",".join(COLUMNS), *lines]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "start_jax", lambda: None)
    monkeypatch.setattr(folder.Folder, "part", begin)
    before = snapshot(tmp_path)
    yield tmp_path
    assert snapshot(tmp_path) == before


class Began(BaseException):
    """Bad input was accepted."""


def begin(*_):
    raise Began


def snapshot(folder):
    return {p: os.lstat(p).st_size for p in folder.rglob("*") if ".hypothesis" not in p.parts}


def refused(study, words, monkeypatch, capsys):
    """What a study says of a command line when it stops with exit code 2."""
    monkeypatch.setattr(sys, "argv", [study, *words])
    with pytest.raises(SystemExit) as stop:
        command.main(STUDIES[study])
    assert stop.value.code == 2
    return capsys.readouterr().err


def check_sentence(said, *words):
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert said.endswith((".\n", "?\n"))
    assert len(said) < LONGEST
    for word in words:
        assert word in said, (word, said)


def flag_of(name):
    return f"--{name.strip('_').replace('_', '-')}"


def by_parameter():
    """Distinct flags: those that all studies share are one, which a test need meet only once."""
    found = {}
    for hint, name in ALL:
        own = [id(m) for m in getattr(hint, "__metadata__", ())] or [str(hint)]
        found.setdefault((name, *own), (hint, name))
    return list(found.values())


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize(("hint", "name"), by_parameter())
def test_a_flag_refuses_bad_values_in_one_sentence(hint, name):
    values = bad_values(kind_of(hint))
    assert len(values) >= FEWEST, f"--{name} meets {len(values)} bad values only"
    for value in values:
        with pytest.raises(lab.InputError) as refusal:
            command.parse("", {name: (hint, "")}, [f"{flag_of(name)}={value}"])
        check_sentence(f"error: {refusal.value}\n", flag_of(name))


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize("study", STUDIES)
def test_a_study_ends_with_code_2_at_a_bad_value_of_any_flag(study, monkeypatch, capsys):
    for name, (hint, _) in KNOWN[study].items():
        kind = kind_of(hint)
        value = "no such" if kind == "COLUMN" else bad_values(kind)[-1]
        data = ["--data=good.csv", "--target=y"] * (name in OF_COLUMNS)
        data = [word for word in data if not word.startswith(flag_of(name))]
        said = refused(study, [*data, f"{flag_of(name)}={value}"], monkeypatch, capsys)
        check_sentence(said, name.strip("_").replace("_", "-"))


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize(
    "words", [["--sedes", "3"], ["extra"], ["--seeds"], ["--seeds=3", "--seeds=4"], ["--no-smoke"]]
)
def test_what_is_no_flag_is_refused(words, monkeypatch, capsys):
    check_sentence(refused("xor", words, monkeypatch, capsys))


GOOD = [
    (int, flags.whole(2, 9), "7", 7),
    (tuple[int, ...], flags.wholes(1, 99), "32,8", (32, 8)),
    (float, flags.number(0, 1), "1e-2", 0.01),
    (str, flags.name(lambda: ("a", "b")), "b", "b"),
    (tuple[str, ...], flags.names(lambda: ("a", "b", "c")), "c, a", ("c", "a")),
    (tuple[str, ...], flags.names(lambda: ("a", "b"), all_of_them=True), "all", ("a", "b")),
    (float, flags.duration(), "90s", 90.0),
    (float, flags.duration(), "1.5m", 90.0),
    (tuple[str, float], flags.budget(), "flops=4e8", ("flops", 4e8)),
    (tuple[str, float], flags.budget(), "updates=1e3", ("updates", 1000)),
    (Path, flags.folder(), "not/there/yet", Path("not/there/yet")),
    (str, flags.column(), "say what", "say what"),
]


@pytest.mark.parametrize(("of", "kind", "typed", "value"), GOOD, ids=[str(g[2]) for g in GOOD])
def test_good_values_are_read_as_people_write_them(of, kind, typed, value):
    known = {"flag": (Annotated[of, kind], "")}
    assert command.parse("", known, ["--flag", typed]) == {"flag": value}
    assert command.parse("", known, [f"--flag={typed}"]) == {"flag": value}
