"""Imports point down, and the light rooms stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LAB = Path(__file__).parent.parent / "lab"
# From the ground up: a room imports from rooms before it in this list, or from itself.
FLOORS = [
    "compatibility", "validation", "files", "shapes", "spaces", "catalog", "budget",
    "flops", "optimizers", "schedules", "losses", "foundations", "models", "regularizers",
    "data", "tasks", "types", "training", "probes", "records", "labelled", "sweeps",
    "statistics", "search", "protocol", "plots", "stubs",
]  # fmt: skip
FILES = sorted(path for path in LAB.rglob("*.py") if path != LAB / "__init__.py")
ONLY = {"flax": "models", "sklearn": ("data", "protocol"), "matplotlib": "plots"}


ROOMS_OF = {"optimizers": ["common", "transforms", "algorithms", "__init__"]}  # likewise


def room(path):
    return path.relative_to(LAB).parts[0].removesuffix(".py")


def imported(path):
    """Dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            names = [alias.name for alias in node.names]
            deep = node.module == "lab"
            yield from (f"lab.{name}" for name in names) if deep else [node.module]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(LAB)))
def test_imports_point_down(path):
    own = FLOORS.index(room(path))
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "lab" and len(parts) > 1:
            assert FLOORS.index(parts[1]) <= own, f"{path} imports {name} from above"
        if parts[0] == "studies":
            raise AssertionError(f"{path} imports a study")
        if parts[0] in ONLY:
            assert room(path) in ONLY[parts[0]], f"{path} imports {name}"


@pytest.mark.parametrize("outer", ROOMS_OF)
def test_imports_point_down_inside_a_room(outer):
    floors = ROOMS_OF[outer]
    for path in (LAB / outer).rglob("*.py"):
        own = floors.index(path.relative_to(LAB / outer).parts[0].removesuffix(".py"))
        for name in imported(path):
            parts = name.split(".")
            if parts[:2] == ["lab", outer] and len(parts) > 2:
                assert floors.index(parts[2]) <= own, f"{path} imports {name} from above"


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
