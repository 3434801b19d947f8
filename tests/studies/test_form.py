"""The form of studies: packages that stand alone, no code twice, no picture in the wrong room."""

import ast
from collections import defaultdict
from pathlib import Path

from lab.study import discovery

ROOT = discovery.ROOT
STUDIES, PLOTS = ROOT / "studies", ROOT / "lab" / "plots"
LINES = 3  # of a function, from which on its twin counts


def test_studies_holds_packages_only():
    assert [p.name for p in STUDIES.glob("*.py")] == ["__init__.py"]
    for folder in (p for p in STUDIES.iterdir() if p.is_dir() and p.name != "__pycache__"):
        assert (folder / "__main__.py").is_file(), folder


def test_a_study_is_named_as_its_package():
    for name in discovery.names():
        assert discovery.study(name).name == name


def functions(path):
    """Functions of three or more lines, with their syntax, names of arguments aside."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            body = node.body[bool(ast.get_docstring(node)) :]
            if body and body[-1].end_lineno - body[0].lineno + 1 >= LINES:
                yield node.name, normalized(node, body)


def normalized(node, body):
    """Of a body: arguments and names that it binds are numbered in their order."""
    numbers = defaultdict(lambda: len(numbers))
    bound = {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}
    bound |= {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    tree = ast.parse(ast.unparse(ast.Module(body, [])))
    for n in ast.walk(tree):
        if isinstance(n, ast.Name) and n.id in bound:
            n.id = f"_{numbers[n.id]}"
        elif isinstance(n, ast.arg):
            n.arg, n.annotation = f"_{numbers[n.arg]}", None
    return ast.dump(tree)


def test_no_function_is_written_twice():
    found = defaultdict(list)
    for path in sorted(STUDIES.rglob("*.py")):
        for name, syntax in functions(path):
            found[syntax].append(f"{path.relative_to(ROOT)}:{name}")
    assert [twins for twins in found.values() if len(twins) > 1] == []


def test_a_twin_with_other_names_is_found(tmp_path):
    one = 'def a(x, y):\n    """A."""\n    z = x + y\n    w = z * 2\n    return w\n'
    two = "def b(p, q):\n    r = p + q\n    s = r * 2\n    return s\n"
    three = two.replace("* 2", "* 3")
    said = []
    for text in (one, two, three):
        (tmp_path / "f.py").write_text(text)
        said += [syntax for _, syntax in functions(tmp_path / "f.py")]
    assert said[0] == said[1] != said[2]


def drawn_by():
    """Each file of `lab/plots`: who uses a name of it, by its file or by the room's."""
    names = {}
    for node in ast.parse((PLOTS / "__init__.py").read_text()).body:
        if isinstance(node, ast.ImportFrom):
            names |= {alias.name: Path(node.module.replace(".", "/")).name for alias in node.names}
    shown = {f"plots.{name}" for name in names}
    users = defaultdict(set)
    for path in [*STUDIES.rglob("*.py"), *(ROOT / "lab").rglob("*.py")]:
        inside = path.is_relative_to(PLOTS)
        user = path.parent.name if path.is_relative_to(STUDIES) else "lab"
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                if node.module.startswith("lab.plots.") and path.name != "__init__.py":
                    users[node.module.removeprefix("lab.plots.")].add(user)
                elif node.module == "lab.plots":
                    for alias in node.names:
                        users[names.get(alias.name, alias.name)].add(user)
            elif isinstance(node, ast.Attribute) and ast.unparse(node) in shown and not inside:
                users[names[node.attr]].add(user)
    return users


def test_a_file_of_plots_serves_more_than_one_study():
    users = drawn_by()
    files = {path.stem for path in PLOTS.glob("*.py")} - {"__init__"}
    alone = {
        name: users[name] for name in files if len(users[name]) < 2 and "lab" not in users[name]
    }
    assert alone == {}, "a picture of one study belongs into its package"
