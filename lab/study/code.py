"""A hash of the code that a study's numbers come from: its package, and what it uses of the lab.

Of syntax, so that comments, docstrings and layout do not count. What trains (sweeps, optimizers) is
left out, as its bits have tests of their own, and so are checks of arguments and what only draws
(the package's `figures`, `lab.plots`).
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LEFT_OUT = ("lab.sweeps", "lab.optimizers", "lab.plots", "lab.validation", "lab.study", "lab.files",
            "lab.records", "lab.stubs", "lab.catalog")  # fmt: skip
RULE = "lab.study.claims"  # by which outcomes are found


@cache
def hashed(module: str) -> str:
    """SHA-256 of a module and of all that it uses, in hexadecimal digits."""
    waiting = [module, RULE]
    found: dict[str, str] = {}
    while waiting:
        module = waiting.pop()
        if module not in found:
            found[module] = normalized(module)
            waiting += used(module)
    return hashlib.sha256("\n".join(f"{m} {found[m]}" for m in sorted(found)).encode()).hexdigest()


def file_of(module: str) -> Path | None:
    """Where a module is written."""
    path = ROOT / Path(*module.split("."))
    places = (path.with_suffix(".py"), path / "__init__.py")
    return next((place for place in places if place.is_file()), None)


@cache
def tree_of(module: str) -> ast.Module:
    """Its syntax, without docstrings."""
    path = file_of(module)
    tree = ast.parse(path.read_text()) if path else ast.Module([], [])
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                del body[0]
    return tree


@cache
def normalized(module: str) -> str:
    """A hash of its syntax."""
    return hashlib.sha256(ast.dump(tree_of(module)).encode()).hexdigest()


@cache
def used(module: str) -> tuple[str, ...]:
    """Modules of the lab and of studies whose names occur in it, but for those left out."""
    return tuple(sorted(m for m in _named(module) if not _left_out(m)))


def _left_out(module: str) -> bool:
    drawing = module.startswith("studies.") and module.endswith(".figures")
    return drawing or any(module == room or module.startswith(f"{room}.") for room in LEFT_OUT)


def _named(module: str) -> Iterator[str]:
    tree = tree_of(module)
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for a in node.names:
                first = a.name.split(".")[0]
                aliases[a.asname or first] = a.name if a.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases |= {(a.asname or a.name): f"{node.module}.{a.name}" for a in node.names}
    for dotted in aliases.values():
        yield from _defined_in(dotted)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = _dotted(node, aliases)
            if dotted:
                yield from _defined_in(dotted)


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return aliases.get(node.id)
    if isinstance(node, ast.Attribute):
        start = _dotted(node.value, aliases)
        return f"{start}.{node.attr}" if start else None
    return None


@cache
def _defined_in(dotted: str) -> tuple[str, ...]:
    """The module where `dotted` is defined; a package that hands a name on is looked through."""
    if not dotted.startswith(("lab.", "studies.")):
        return ()
    parts = dotted.split(".")
    module = parts[0]
    for i, name in enumerate(parts[1:], 1):
        if file_of(f"{module}.{name}") or _is_folder(f"{module}.{name}"):
            module = f"{module}.{name}"
            continue
        for node in tree_of(module).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        onward = ".".join([node.module, alias.name, *parts[i + 1 :]])
                        return _defined_in(onward)
        break
    return () if _is_folder(module) and len(parts) == len(module.split(".")) else (module,)


def _is_folder(module: str) -> bool:
    return (ROOT / Path(*module.split("."))).is_dir()
