"""Catalogues: what a package offers, collected from its files.

A catalogued package has one private module per algorithm, each with a tuple `ENTRIES`.
`collect` imports them all, so that adding an algorithm is adding a file.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Generic, Protocol, TypeVar

import optax

from lab.spaces import Float
from lab.validation.checks import checked
from lab.validation.errors import UnknownNameError


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """The key in the catalogue."""
        ...


Entry = TypeVar("Entry", bound=Named)


@dataclass(frozen=True)
class OptimizerEntry:
    """What the lab knows about one optimizer.

    Attributes:
      name: The key in the catalogue.
      by_hand: `(learning_rate, ...) -> optax.GradientTransformation`, written out in this lab.
      via_optax: The twin with the same parameters, from optax or composed of its parts; None
        where optax has nothing to compare with.
      search_space: Ranges over which a fair comparison tunes it; at least `learning_rate`.
      reference: Paper and equation.
      state_slots: How many parameter-sized arrays the state keeps.
      rule: The update in one line of mathematics.
      needs: Extra information that a plain stochastic gradient does not carry, out of
        `"key"`, `"value"`, `"value_fn"`, `"objective"`.
      eval_params: `(opt_state, params) -> params`, where the rule is to be evaluated at a point
        other than its iterate; None for the iterate itself.
      gradient_evaluations: Gradients (forward and backward passes) one update costs; NaN where
        that depends on the data.
      gradients_used: `opt_state -> number`: what the last update did cost, where it depends.
      padding_safe: Whether numbers that are zero, with gradients of zero, stay zero and change
        no other number's update, so that nets of different shapes may share a program.
    """

    name: str
    by_hand: Callable[..., optax.GradientTransformation]
    via_optax: Callable[..., optax.GradientTransformation] | None
    search_space: dict[str, Float]
    reference: str
    state_slots: int
    rule: str = ""
    needs: frozenset[str] = frozenset()
    eval_params: Callable[[Any, Any], Any] | None = None
    gradient_evaluations: float = 1.0
    gradients_used: Callable[[Any], Any] | None = None
    padding_safe: bool = False

    def __post_init__(self):
        object.__setattr__(self, "by_hand", checked(self.by_hand))


@dataclass(frozen=True)
class ScheduleEntry:
    """What the lab knows about one schedule.

    Attributes:
      name: The key in the catalogue.
      by_hand: `(...) -> optax.Schedule`, written out in this lab.
      via_optax: The twin with the same parameters; None where optax has no such schedule.
      over: `(peak, steps) -> optax.Schedule`: the schedule stretched over a budget of `steps`
        updates with `peak` as its largest rate. Both may be traced.
      reference: Paper and equation.
      examples: Parameter sets (keyword arguments of `by_hand`) that tests and pictures use.
    """

    name: str
    by_hand: Callable[..., optax.Schedule]
    via_optax: Callable[..., optax.Schedule] | None
    over: Callable[[Any, Any], optax.Schedule]
    reference: str
    examples: tuple[dict[str, Any], ...] = field(default=())

    def __post_init__(self):
        object.__setattr__(self, "by_hand", checked(self.by_hand))


class Catalog(Mapping[str, Entry], Generic[Entry]):
    """An immutable mapping from names to entries; a misspelt name gets a suggestion."""

    def __init__(self, kind: str, entries: Mapping[str, Entry]):
        self._kind, self._entries = kind, dict(sorted(entries.items()))

    def __getitem__(self, name: str) -> Entry:
        try:
            return self._entries[name]
        except (KeyError, TypeError):
            raise UnknownNameError(self._kind, name, self._entries) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Catalog({self._kind}: {', '.join(self._entries)})"


def collect(kind: str, package: str, path: Iterable[str]) -> Catalog:
    """Import every module of `package` and gather their `ENTRIES`; two of one name are an error."""
    entries: dict[str, Any] = {}
    for module in _modules(package, path):
        for entry in getattr(module, "ENTRIES", ()):
            if entry.name in entries:
                raise ValueError(f"two entries of {package} are named {entry.name!r}.")
            entries[entry.name] = entry
    return Catalog(kind, entries)


def collect_parts(package: str, path: Iterable[str]) -> dict[str, Callable[..., Any]]:
    """Gather the `PARTS` of a package's modules: public functions that are no entries."""
    parts = [part for module in _modules(package, path) for part in getattr(module, "PARTS", ())]
    return {part.__name__: checked(part) for part in parts}


def _modules(package: str, path: Iterable[str]) -> Iterator[ModuleType]:
    for module_info in sorted(pkgutil.iter_modules(path), key=lambda info: info.name):
        yield importlib.import_module(f"{package}.{module_info.name}")
