"""The code keeps its order: folders and functions stay small, names are unique, lists shrink.

What is over a limit stands in a list with its size. It may only shrink: whatever has become
smaller, or has gone, has to be struck out or lowered here, so that it cannot grow back.
"""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("lab", "studies")
CATALOGUES = {"lab/optimizers/algorithms", "lab/optimizers/transforms"}  # a file each: no limit

FILES, PARAMETERS, LINES = 25, 10, 80  # of a folder; of a function, without its docstring

FOLDERS: dict[str, int] = {}
MANY_PARAMETERS = {
    # optax's parameters, or the authors'
    "lab/optimizers/algorithms/adafactor.py:adafactor": 12,
    "lab/optimizers/algorithms/adamuon.py:adamuon": 13,
    "lab/optimizers/algorithms/kron.py:kron": 11,
    "lab/optimizers/algorithms/muon.py:muon": 18,
    "lab/optimizers/algorithms/normuon.py:normuon": 14,
    "lab/optimizers/algorithms/sophia.py:sophia": 13,
    "lab/optimizers/common/repaired.py:adafactor": 12,
    "lab/sweeps/sweep.py:sweep": 21,  # the whole of a declaration, and where and how
}
MANY_LINES: dict[str, int] = {}
SKIPS = 531  # statements that the formatter must leave as they are
MARK = "# fmt: " + "skip"  # in two parts, so that this file has none


def python_files(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def named(path):
    return path.relative_to(ROOT).as_posix()


def functions(tree, outer=()):
    """Every function with its dotted name, those inside of others and of classes, too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield ".".join((*outer, node.name)), node
        name = (node.name,) if hasattr(node, "name") and hasattr(node, "body") else ()
        yield from functions(node, (*outer, *name))


def count_parameters(function):
    arguments = function.args
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    given += [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    return sum(one.arg not in ("self", "cls") for one in given)


def count_lines(function):
    """From `def` to the end, without the docstring."""
    lines = function.end_lineno - function.lineno + 1
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    return lines - (first.end_lineno - first.lineno + 1 if has_docstring else 0)


def of_functions(count):
    """`count` of each function of the rooms, by file and name; the largest where names recur."""
    found = Counter()
    for path in python_files(*ROOMS):
        for name, function in functions(ast.parse(path.read_text())):
            key = f"{named(path)}:{name}"
            found[key] = max(found[key], count(function))
    return found


def of_folders():
    counts = Counter(named(path.parent) for path in python_files("lab"))
    return Counter({folder: n for folder, n in counts.items() if folder not in CATALOGUES})


def over(counts, limit):
    return {name: count for name, count in counts.items() if count > limit}


RULES = {
    "files of a folder": (of_folders, FILES, FOLDERS),
    "parameters of a function": (
        lambda: of_functions(count_parameters),
        PARAMETERS,
        MANY_PARAMETERS,
    ),
    "lines of a function": (lambda: of_functions(count_lines), LINES, MANY_LINES),
}


@pytest.mark.parametrize(("counted", "limit", "listed"), RULES.values(), ids=RULES)
def test_nothing_is_over_the_limit_but_what_is_listed(counted, limit, listed):
    grown = {n: c for n, c in over(counted(), limit).items() if c > listed.get(n, limit)}
    assert grown == {}, f"at most {limit}: split it, do not list it"


@pytest.mark.parametrize(("counted", "limit", "listed"), RULES.values(), ids=RULES)
def test_lists_only_shrink(counted, limit, listed):
    now = over(counted(), limit)
    shrunk = {name: now.get(name) for name, count in listed.items() if now.get(name, 0) < count}
    assert shrunk == {}, "lower these in the list; None: strike it out"


def test_no_two_files_of_lab_have_the_same_name():
    names = Counter(path.name for path in python_files("lab") if path.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_less_and_less_is_kept_from_the_formatter():
    skips = sum(path.read_text().count(MARK) for path in python_files(*ROOMS, "tests"))
    assert skips <= SKIPS, f"let the formatter lay it out: there were {SKIPS}"
    assert skips == SKIPS, f"there are fewer now: lower SKIPS to {skips}"


SAMPLE = '''
class Net:
    def outer(self, a, /, b, *args, c, **rest):
        """Two
        lines."""
        def inner():
            return 1
        return inner
'''


def test_what_is_counted():
    found = dict(functions(ast.parse(SAMPLE)))
    assert {name: count_parameters(f) for name, f in found.items()} == {
        "Net.outer": 5,
        "Net.outer.inner": 0,
    }
    assert {name: count_lines(f) for name, f in found.items()} == {
        "Net.outer": 4,
        "Net.outer.inner": 2,
    }
