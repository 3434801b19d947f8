"""Files that a study is given may hold anything: each is refused in one sentence, nothing written.

Tables for `--data`, records for `--from`, folders of earlier runs for `--resume`: of every study
that takes them, before anything is trained.
"""

import json
import pickle
import subprocess
import sys

import h5py
import numpy as np
import pytest
import xarray as xr

import lab
from lab import records
from lab.study import discovery
from lab.study.folder import Folder
from lab.study.settings import described
from lab.study.verification import Verification
from tests.bad_input.broken_tables import TABLES, Bomb, X, npz
from tests.bad_input.test_study_flags import (
    FEWEST,
    KNOWN,
    STUDIES,
    begin,
    check_sentence,
    refused,
    workplace,
)

__all__ = ["workplace"]  # a fixture
ON_DATA = [study for study, known in KNOWN.items() if "data" in known]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("study", ON_DATA)
def test_tables_are_refused_in_one_sentence(study, workplace, monkeypatch, capsys):
    assert len(TABLES) >= FEWEST
    names = TABLES if study == ON_DATA[0] else ["quote.csv", "hostile.csv", "code.npz"]
    for name in names:
        (workplace / name).write_bytes(TABLES[name])
        check_sentence(refused(study, [f"--data={name}", "--target=y"], monkeypatch, capsys))
        (workplace / name).unlink()


def record_of(study, **variables):
    told = {"study": study}
    if study in STUDIES:
        told["settings"] = described(STUDIES[study].smoke)
    manifest = json.dumps({"configuration": told})
    return with_attributes({"lab_format": records.FORMAT, "manifest": manifest}, **variables)


def with_attributes(attributes, **variables):
    tree = xr.DataTree.from_dict({"some/part": xr.Dataset(variables)})
    tree.attrs = attributes
    return tree


def spoilt_records(study):
    """Name to what writes a broken record of the study."""

    def saved(record, spoil=lambda content: content):
        def write(path):
            records.save(record, path)
            path.write_bytes(spoil(path.read_bytes()))

        return write

    def without(path):
        records.save(record_of(study, a=("x", np.arange(9.0)), b=("x", np.zeros(9))), path)
        with h5py.File(path, "r+") as file:
            del file["some/part/a"]

    whole = record_of(study, a=("x", np.arange(9.0)))
    attributes = {
        "none": {},
        "later": {"lab_format": 99, "manifest": "{}"},
        "no_manifest": {"lab_format": 1},
        "no_json": {"lab_format": 1, "manifest": "{"},
        "odd_json": {"lab_format": 1, "manifest": "[]"},
        "deep": {"lab_format": 1, "manifest": "[" * 30_000},
        "no_format": {"lab_format": "one", "manifest": "{}"},
    }
    return {
        **{
            name: lambda path, a=a: with_attributes(a).to_netcdf(path, engine="h5netcdf")
            for name, a in attributes.items()
        },
        "another_study": saved(record_of("../../etc/passwd", a=("x", np.arange(9.0)))),
        "nothing_drawn": saved(whole),
        "without": without,
        "cut": saved(whole, lambda content: content[: len(content) // 2]),
        "cut_at_end": saved(whole, lambda content: content[:-200]),
        "head": saved(whole, lambda content: bytes(512) + content[512:]),
        "empty": lambda path: path.write_bytes(b""),
        "text": lambda path: path.write_text("no record"),
        "signature": lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200)),
        "netcdf3": lambda path: path.write_bytes(b"CDF\x01" + bytes(200)),
        "pickle": lambda path: path.write_bytes(pickle.dumps(Bomb())),
        "zip": lambda path: path.write_bytes(npz(x=X)),
        "random": lambda path: path.write_bytes(np.random.default_rng(0).bytes(4096)),
    }


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize("study", STUDIES)
def test_records_are_refused_in_one_sentence(study, workplace, monkeypatch, capsys):
    spoilt = spoilt_records(study)
    assert len(spoilt) >= FEWEST
    of_this_study = ("nothing_drawn", "another_study", "cut")  # what depends on the study at all
    names = spoilt if study == "xor" else of_this_study
    for name in names:
        path = workplace / "record.nc"
        spoilt[name](path)
        check_sentence(refused(study, [f"--from={path}", "--out=drawn"], monkeypatch, capsys))
        path.unlink()


def test_broken_parts_of_an_earlier_run_are_refused(tmp_path):
    (tmp_path / "parts").mkdir()
    part = tmp_path / "parts" / "sweep.nc"
    study = STUDIES["xor"]
    resumed = Folder(study, study.smoke, tmp_path, resuming=True)
    for name, write in spoilt_records("xor").items():
        write(part)
        for way in (resumed, Verification(tmp_path)):
            with pytest.raises(lab.InputError, match=rf"path '{part}'.*\.$"):
                way.part("sweep", begin)
        assert part.is_file(), name
    assert sorted(tmp_path.rglob("*")) == [part.parent, part]


MANIFESTS = ["", "{", "[]", "null", "{}", '{"configuration": 3}', "[" * 100_000, "\0"]


@pytest.mark.parametrize("study", STUDIES)
def test_what_others_have_written_is_kept(study, workplace, monkeypatch, capsys):
    manifests = [*MANIFESTS, json.dumps({"configuration": {"study": "another"}})]
    for number, text in enumerate(manifests):
        (workplace / "manifest.json").write_text(text)
        words = [f"{('--out', '--resume')[number % 2]}={workplace}"]
        check_sentence(refused(study, words, monkeypatch, capsys), "give another folder")
    (workplace / "manifest.json").unlink()


@pytest.mark.parametrize("flags", [["from", "resume"], ["resume", "verify"], ["verify", "from"]])
def test_two_earlier_runs_are_refused(flags, workplace, monkeypatch, capsys):
    (workplace / "record.nc").write_text("no record")
    words = [f"--{flag}={workplace}" for flag in flags]
    check_sentence(refused("xor", words, monkeypatch, capsys), "--verify")
    (workplace / "record.nc").unlink()


COMMANDS = [
    ["xor", "--seeds", "x"],
    ["null", "--low", "2"],
    ["optimizers", "--data", "no.csv"],
    ["speed", "--panels", "speed"],
    ["tuning", "--resume", "no\ud800where"],
    ["_site.reference", "--out="],
    ["_site.figures", "../optimizers"],
    ["claims", "--fresh", "0"],
]


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_a_command_ends_with_code_2_and_without_a_traceback(command, tmp_path):
    study, *flags = command
    words = [sys.executable, "-m", f"studies.{study}", *flags]
    root = discovery.ROOT
    env = {"PYTHONPATH": str(root), "PATH": "", "HOME": str(tmp_path / "home")}
    (tmp_path / "work").mkdir()
    done = subprocess.run(
        [w.encode("utf-8", "surrogatepass") for w in words],
        capture_output=True, text=True, cwd=tmp_path / "work", env=env, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    check_sentence(done.stderr)
    assert not list((tmp_path / "work").iterdir())
