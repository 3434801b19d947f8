"""Writes what editors and type checkers read of catalogued packages: `python -m lab.stubs`.

Their `__init__.py` finds names in files, which no type checker can follow; the `__init__.pyi`
beside it imports each name from where it is defined. A test tells when one is out of date.
"""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from lab.files import repository
from lab.validation.errors import InputError

PACKAGES = ("lab.optimizers", "lab.schedules")
_HEAD = '''"""Made by `python -m lab.stubs` for editors and type checkers: never edited by hand."""

from lab.catalog import Catalog, {entry}
'''


def stub(package: ModuleType) -> str:
    """The text of its `__init__.pyi`."""
    lines = []
    for name in dir(package):
        public: Callable[..., Any] = getattr(package, name)
        if name != "CATALOG":
            lines.append(f"from {public.__module__} import {public.__name__} as {name}\n")
    entry = type(next(iter(package.CATALOG.values()))).__name__
    return _HEAD.format(entry=entry) + "".join(sorted(lines)) + f"\nCATALOG: Catalog[{entry}]\n"


def path(package: ModuleType) -> Path:
    """Where it goes."""
    return Path(str(package.__file__)).with_suffix(".pyi")


def main() -> None:
    """Write all of them; an installed package stays as it is, with a sentence and exit code 2."""
    try:
        repository("python -m lab.stubs")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    for name in PACKAGES:
        package = importlib.import_module(name)
        path(package).write_text(stub(package))


if __name__ == "__main__":
    main()
