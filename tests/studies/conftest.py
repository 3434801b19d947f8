"""What the tests of all studies do alike."""

import pytest

from lab.study.command import run
from lab.study.discovery import study

WRITTEN = {".md", ".csv", ".png", ".gif", ".json"}  # what a study draws from its record


@pytest.fixture(scope="session")
def smoke(tmp_path_factory):
    """`smoke(name)` gives the folder of a smoke run, which is made once."""
    folders = {}

    def made(name):
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp(name)
            run(study(name), {"smoke": True, "out": folders[name]})
        return folders[name]

    return made
