"""The bar says what is left, on the error stream, and is silent where nobody looks."""

import sys

import pytest

from lab.sweeps.execution.progress_bar import Progress


def shown_by(capsys, updates, *advances, **how):
    with Progress(updates, 1234, **how) as bar:
        for advance in advances:
            bar.advance(advance)
    out, err = capsys.readouterr()
    assert out == ""
    return err.split("\r")


def test_the_last_line_is_the_sum_of_all_advances(capsys):
    first, *_, last = shown_by(capsys, 4_000, 1_000, 3_000, shown=True)
    assert "1,234 lanes" in last
    assert "100 %" in last
    assert "run-steps/s" in last
    assert "00:00 left" in last
    assert "100 %" not in first


@pytest.mark.parametrize("updates", [0, 1])
def test_no_updates_at_all_are_no_error(capsys, updates):
    assert "0 %" in shown_by(capsys, updates, shown=True)[-1]


@pytest.mark.parametrize(
    ("how", "terminal", "kernel", "seen"),
    [
        ({}, False, False, False),
        ({}, True, False, True),
        ({}, False, True, True),
        ({"shown": False}, True, True, False),
        ({"shown": True}, False, False, True),
    ],
)
def test_shown_where_somebody_looks(capsys, monkeypatch, how, terminal, kernel, seen):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    if kernel:
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert (shown_by(capsys, 10, 10, **how) != [""]) == seen
