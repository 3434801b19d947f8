"""Every flag of every study meets bad input, and refuses it in one sentence, with nothing written.

Flags are found in the studies' own dataclasses, and bad values are made for a flag's kind, so that
a new study or flag is covered without a line here; a flag without a kind fails.
"""

import importlib
import os
import sys
import typing
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import studies
from lab.budget import Budget
from lab.study import cli as _cli
from lab.study import flags as _flags
from lab.study.executors import Where
from tests.bad_input.test_public_callables import ordinary

FEWEST = 20
LONGEST = 2000  # characters: a sentence may list every optimizer


def found():
    """The studies with a command line, and the dataclass of their flags."""
    names = sorted(path.stem for path in Path(studies.__path__[0]).glob("[a-z]*.py"))
    modules = {name: importlib.import_module(f"studies.{name}") for name in names}
    return {
        name: (typing.get_type_hints(module.run)["flags"], module.run)
        for name, module in modules.items()
    }


STUDIES = found()
FLAGS = [(study, f.name) for study, (flags, _) in STUDIES.items() for f in fields(flags)]
POSITIONAL = {("figures", "studies")}
SWITCHES = [(s, n) for s, n in FLAGS if typing.get_type_hints(STUDIES[s][0])[n] is bool]
VALUED = [flag for flag in FLAGS if flag not in SWITCHES and flag not in POSITIONAL]


@cache
def kind_of(study, name):
    """The kind that a flag declares."""
    hints = typing.get_type_hints(STUDIES[study][0], include_extras=True)
    kinds = [k for k in getattr(hints[name], "__metadata__", ()) if isinstance(k, _flags.Kind)]
    assert len(kinds) == 1, f"--{name} of {study} has no kind of lab.study.flags"
    return kinds[0]


text = st.text(max_size=12)
NO_NUMBERS = st.sampled_from(
    ["", " ", "ten", "1e", "0x10", "1,5", "--", "None", "1 2", "½", "nan", "NaN", "1_", "١x", "\0",
     "3" * 5000, "[1]", "True", "1;2", "{}"]
)  # fmt: skip
NO_WORDS = text | st.sampled_from(["None", "a" * 5000, "../..", "nul\0", "{x!r}", "%s", "sgd;", ""])


def no_whole(kind):
    outside = st.integers(max_value=kind.least - 1) | st.integers(min_value=kind.most + 1)
    return outside.map(str) | st.sampled_from(["1.5", "1e3", "inf", "-inf"]) | NO_NUMBERS


def no_number(kind):
    outside = st.floats(max_value=kind.least, exclude_max=True) | st.floats(
        min_value=kind.most, exclude_min=True
    )
    return outside.map(repr) | NO_NUMBERS


BAD = {  # the first class that a kind is of counts
    _flags.Wholes: lambda kind: no_whole(kind).map(lambda one: f"7,{one}") | st.just("7,7"),
    _flags.Whole: no_whole,
    _flags.Number: no_number,
    _flags.OneOf: lambda kind: NO_WORDS.filter(lambda word: word not in kind.words),
    _flags.Names: lambda kind: NO_WORDS.filter(lambda word: word.strip() not in kind.known())
    | NO_WORDS.map(lambda word: f"{next(iter(kind.known()))},{word}"),
    _flags.Name: lambda kind: NO_WORDS.filter(lambda word: word not in kind.known()),
    _flags.Column: lambda kind: st.text(" \t\n\u2003\0", max_size=9)
    | text.filter(lambda name: name not in COLUMNS),
    _flags.Duration: lambda kind: NO_NUMBERS
    | st.sampled_from(["0s", "-1m", "1d", "10", "1.h", "1e3s", "s", "∞h", "1m30s", "10 m"]),
    _flags.Amount: lambda kind: NO_NUMBERS.map(lambda one: f"flops={one}")
    | st.sampled_from(["flops", "flops=", "flops=0", "flops=-1", "updates=1.5", "updates=inf",
                       "dollars=3", "=3", "=", "epochs", "flops==1", "examples=nan"]),
    _flags.Place: lambda kind: no_place,
    Where: lambda kind: NO_NUMBERS
    | NO_NUMBERS.map("tcp://host:{}".format)
    | st.sampled_from(["host:8786", "tcp://", "tcp://host", "tcp://host:0", "tcp://host:65536",
                       "tcp://:1", "0", "-1", "1.5", "100000", ":", "gone.json"]),
}  # fmt: skip
no_place = st.one_of(
    st.sampled_from(["", " ", "\t\n", "\0", "taken/below", "taken/../x", "loop/x", "gone/x"]),
    st.sampled_from(["/dev/null/x", "é" * 200, "\ud800", "gone", "loop"]),
    st.integers(256, 5000).map("x".__mul__),
    text.map("taken/below/{}".format),
    st.tuples(text, text).map("\0".join),
)


@cache
def bad_values(kind):
    """Distinct texts that a kind of flag must refuse, as many as a test of it needs."""
    make = next(make for of, make in BAD.items() if isinstance(kind, of))
    values = {}

    @settings(ordinary, max_examples=60)
    @given(make(kind))
    def collect(value):
        values[value] = None

    collect()
    return tuple(values)[:FEWEST]


COLUMNS = ("a", "b", "y")


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
    monkeypatch.setattr(_cli, "start_jax", lambda: None)
    monkeypatch.setattr(_cli.Folder, "part", begin)
    before = snapshot(tmp_path)
    yield tmp_path
    assert snapshot(tmp_path) == before


class Began(BaseException):
    """Bad input was accepted."""


def begin(*_):
    raise Began


def snapshot(folder):
    return {p: os.lstat(p).st_size for p in folder.rglob("*") if ".hypothesis" not in p.parts}


def without_tyro(study, name, value):
    """Tyro's part in little: it hands on what was typed. A parser takes 4 ms to build."""
    given = {name: kind_of(study, name).instance_from_str([value])}
    if name in ("target", "weight", "group", "time"):
        given = {"data": Path("good.csv"), "target": "y"} | given
    return lambda flags, description: replace(flags(), **given)


def refusal(study, capsys):
    """What `main` says when it stops with exit code 2."""
    flags, run = STUDIES[study]
    with pytest.raises(SystemExit) as stop:
        _cli.main(flags, run)
    assert stop.value.code == 2
    return capsys.readouterr().err


def check_sentence(said, *words):
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert said.endswith(".\n")
    assert len(said) < LONGEST
    for word in words:
        assert word in said, (word, said)


@pytest.mark.parametrize("study", STUDIES)
def test_flags_refuse_bad_values_in_one_sentence(study, workplace, monkeypatch, capsys):
    for name in (name for of, name in VALUED if of == study):
        values = bad_values(kind_of(study, name))
        assert len(values) >= FEWEST, f"{study} --{name} meets {len(values)} bad values only"
        for value in values:
            monkeypatch.setattr(_cli.tyro, "cli", without_tyro(study, name, value))
            check_sentence(refusal(study, capsys), name.strip("_").replace("_", "-"))


@pytest.mark.parametrize("study", STUDIES)
def test_tyro_hands_on_what_was_typed(study, workplace, monkeypatch, capsys):
    for name in (name for of, name in VALUED if of == study):
        flag = name.strip("_").replace("_", "-")
        value = bad_values(kind_of(study, name))[-1]
        data = ["--data=good.csv", "--target=y"] * (name in ("weight", "group", "time"))
        data += ["--data=good.csv"] * (name == "target")
        monkeypatch.setattr(sys, "argv", [study, *data, f"--{flag}={value}"])
        check_sentence(refusal(study, capsys), flag)


@pytest.mark.parametrize("study", sorted({study for study, _ in SWITCHES}))
def test_switches_take_no_value(study, workplace, monkeypatch, capsys):
    for name in (name for of, name in SWITCHES if of == study):
        for i in range(FEWEST):
            monkeypatch.setattr(sys, "argv", [study, f"--{name}=value{i}"])
            assert f"value{i}" in refusal(study, capsys)


@pytest.mark.usefixtures("workplace")
def test_an_unknown_study_is_refused(monkeypatch, capsys):
    for name in ("", " ", "optimizer", "../optimizers", "nul\0", "a" * 5000):
        monkeypatch.setattr(sys, "argv", ["figures", name])
        check_sentence(refusal("figures", capsys), "study")


GOOD = [
    (_flags.Whole(2, 9), "7", 7),
    (_flags.Wholes(1, 99), "32,8", (32, 8)),
    (_flags.Number(0, 1), "1e-2", 0.01),
    (_flags.OneOf("a", "b"), "b", "b"),
    (_flags.Names(lambda: ("a", "b", "c")), "c, a", ("c", "a")),
    (_flags.Names(lambda: ("a", "b"), all_of_them=True), "all", ("a", "b")),
    (_flags.Duration(), "90s", 90.0),
    (_flags.Duration(), "1.5m", 90.0),
    (_flags.Amount(), "flops=4e8", Budget(flops=4e8)),
    (_flags.Amount(), "updates=1e3", Budget(updates=1000)),
    (_flags.folder(), "not/there/yet", Path("not/there/yet")),
    (_flags.Column(), "say what", "say what"),
]


@pytest.mark.parametrize(("kind", "typed", "value"), GOOD, ids=[str(g[1]) for g in GOOD])
def test_good_values_are_read_as_people_write_them(kind, typed, value):
    assert kind.value("--flag", typed) == value
