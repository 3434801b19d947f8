"""Imports point down, and the light rooms stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

LAB = Path(__file__).parent.parent / "lab"
FILES = sorted(path for path in LAB.rglob("*.py") if path != LAB / "__init__.py")
ONLY = {"flax": ["models"], "sklearn": ["data", "protocol"], "matplotlib": ["plots"]}


def room(path):
    return path.relative_to(LAB).parts[0].removesuffix(".py")


def imported(path):
    """Dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_imports_point_down(monkeypatch):
    """The floors stand in pyproject.toml."""
    monkeypatch.chdir(LAB.parent)
    assert lint_imports(no_cache=True) == 0


def test_large_libraries_are_imported_in_one_room_alone():
    for path in FILES:
        for name in imported(path):
            library = name.split(".")[0]
            assert room(path) in ONLY.get(library, [room(path)]), f"{path} imports {name}"


@pytest.mark.parametrize("room", ["lab.optimizers", "lab.schedules"])
def test_importing_optimizers_loads_nothing_heavy(room):
    heavy = ["flax", "matplotlib", "sklearn", "xarray", "pandas", "orbax"]
    code = f"import sys, {room}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_name_of_lab_resolves():
    import lab

    for name in lab.__all__:
        assert getattr(lab, name) is not None


def test_the_test_split_has_one_door():
    """Only the reporting step, and the data room that seals it, name `open_test`."""
    doors = {
        path.relative_to(LAB.parent).as_posix()
        for folder in (LAB, LAB.parent / "studies")
        for path in folder.rglob("*.py")
        if "open_test" in path.read_text()
    }
    assert {d for d in doors if not d.startswith("lab/data/")} == {"lab/protocol/reporting.py"}
