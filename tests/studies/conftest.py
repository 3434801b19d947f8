"""What the tests of all studies do alike."""

import typing

import pytest

WRITTEN = {".md", ".csv", ".png", ".gif"}  # what a study draws from its record


@pytest.fixture
def smoke(tmp_path):
    """`smoke(study)` gives the folder of a smoke run, redrawn alike from its record."""

    def run(study):
        flags = typing.get_type_hints(study.run)["flags"]
        one, two = tmp_path / "one", tmp_path / "two"
        study.run(flags(smoke=True, out=one))
        study.run(flags(from_=one, out=two))
        names = {path.name for path in one.iterdir() if path.suffix in WRITTEN}
        assert names
        assert {path.name for path in two.iterdir()} == names
        for name in names:
            assert (two / name).read_bytes() == (one / name).read_bytes(), name
        return one

    return run


@pytest.fixture
def resume():
    """`resume(study, folder)` goes on with a smoke run that is whole; its page stays as it is."""

    def run(study, folder):
        flags, page = typing.get_type_hints(study.run)["flags"], (folder / "table.md").read_text()
        study.run(flags(smoke=True, resume=folder))
        assert (folder / "table.md").read_text() == page

    return run
