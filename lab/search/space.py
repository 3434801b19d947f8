"""A search space: named domains, some of which are there only when another has certain values."""

import hashlib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Generic, TypeVar

from lab.spaces import Domain
from lab.validation.checks import check_fields
from lab.validation.errors import InputError, UnknownNameError, require, shown
from lab.validation.kinds import Kind

Configuration = dict[str, Any]  # of the parameters that are there, in the order of the space
D = TypeVar("D")
OF_ANY_LIBRARY = Kind(
    "a domain, of the lab or of Optuna",
    lambda value: hasattr(value, "holds") or hasattr(value, "to_internal_repr"),
)


@dataclass(frozen=True)
class When(Generic[D]):
    """A parameter that is there only when `parent` is, and is `among` values or `at_least` one.

    Give one of the two. The domain may be a distribution of Optuna for `from_optuna`.

    >>> from lab.search import Choice, Float, Int, Space, When
    >>> Space({
    ...     "layers": Int(1, 3),
    ...     "units_1": When("layers", Int(8, 16, step=8), at_least=2),
    ... }).count()
    5
    """

    parent: str
    domain: Annotated[D, OF_ANY_LIBRARY]
    among: tuple[Any, ...] = ()
    at_least: float | None = None

    def __post_init__(self):
        check_fields(self)
        require(
            bool(self.among) != (self.at_least is not None),
            f"When needs among or at_least, one of the two, given {shown(self)}.",
        )

    def met(self, value: Any) -> bool:
        """Whether a parent of this value has the parameter."""
        return value in self.among if self.at_least is None else value >= self.at_least

    def __str__(self) -> str:
        bound = f"≥ {self.at_least:g}" if self.at_least is not None else f"in {list(self.among)}"
        return f"{self.domain}, when {self.parent} {bound}"


class Space(Mapping[str, "Domain | When[Domain]"]):
    """Parameters in order; a conditional one comes after its parent. Immutable.

    Args:
      parameters: A `Float`, `Int`, `Choice`, `Fixed`, or a `When` around one, by name.

    Raises:
      InputError: If something is no domain, or a parent is not declared before its child.

    >>> from lab.search import Float, Int, Space
    >>> print(Space({"learning_rate": Float(1e-4, 1e-1, log=True), "layers": Int(1, 10)}))
    learning_rate  Float(low=0.0001, high=0.1, log=True)
    layers         Int(low=1, high=10, step=1, log=False)
    """

    def __init__(self, parameters: "Mapping[str, Domain | When[Domain]]"):
        require(
            isinstance(parameters, Mapping) and len(parameters) > 0,
            "parameters of a Space must be a mapping from names to domains, given "
            f"{shown(parameters)}.",
        )
        for name, given in parameters.items():
            domain = given.domain if isinstance(given, When) else given
            require(
                isinstance(name, str)
                and all(hasattr(domain, m) for m in ("at", "levels", "holds")),
                f"parameter {name!r} needs a Float, Int, Choice or Fixed, given {shown(given)}.",
            )
            before = list(itertools.takewhile(lambda other, name=name: other != name, parameters))
            if isinstance(given, When) and given.parent not in before:
                raise InputError(
                    f"parameter {name!r} depends on {given.parent!r}, which must be declared "
                    f"before it; before it are {before}."
                )
        self._parameters = dict(parameters)

    def __getitem__(self, name: str) -> "Domain | When[Domain]":
        try:
            return self._parameters[name]
        except (KeyError, TypeError):
            raise UnknownNameError("parameter", name, self._parameters) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    def __str__(self) -> str:
        wide = max(map(len, self))
        return "\n".join(f"{name:{wide}}  {given}" for name, given in self.items())

    def __repr__(self) -> str:
        return f"Space({self._parameters!r})"

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what is declared: the same in every process; differs when anything does."""
        return hashlib.sha256(repr(self).encode()).hexdigest()

    def domain(self, name: str) -> Domain:
        """What the parameter may be where it is there."""
        given = self[name]
        return given.domain if isinstance(given, When) else given

    def there(self, name: str, configuration: Mapping[str, Any]) -> bool:
        """Whether the parameter is there, given the values of those before it."""
        given = self[name]
        if not isinstance(given, When):
            return True
        return given.parent in configuration and given.met(configuration[given.parent])

    def at(self, point: Sequence[float]) -> Configuration:
        """The configuration at a point of the unit cube [0, 1)ᴰ, D = len(space)."""
        require(len(point) == len(self), f"a point has {len(self)} numbers, given {len(point)}.")
        found: Configuration = {}
        for name, u in zip(self, point):
            if self.there(name, found):
                found[name] = self.domain(name).at(float(u))
        return found

    def count(self, levels: Mapping[str, int] | None = None) -> float:
        """How many configurations there are (infinite with a `Float`), or `grid(levels)` has.

        Over the tree of parents: Σ over the values of Π over the children that are there.
        """
        if levels is None:
            counts = {name: self.domain(name).count() for name in self}
            if math.inf in counts.values():
                return math.inf
            levels = {name: int(count) for name, count in counts.items()}
        values = {name: self.domain(name).levels(levels[name]) for name in self}

        def below(name: str) -> int:
            children = [
                (other, given)
                for other, given in self.items()
                if isinstance(given, When) and given.parent == name
            ]
            return sum(
                math.prod(below(child) for child, given in children if given.met(value))
                for value in values[name]
            )

        return math.prod(below(name) for name in self if not isinstance(self[name], When))

    def grid(self, levels: Mapping[str, int]) -> Iterator[Configuration]:
        """Every combination of `levels[name]` values of each parameter that is there."""
        values = {name: self.domain(name).levels(levels[name]) for name in self}
        return self._combinations(list(self), {}, values)

    def _combinations(self, names, found, values) -> Iterator[Configuration]:
        if not names:
            yield dict(found)
            return
        name, *rest = names
        if not self.there(name, found):
            yield from self._combinations(rest, found, values)
            return
        for value in values[name]:
            yield from self._combinations(rest, found | {name: value}, values)

    def check(self, configuration: Mapping[str, Any]) -> None:
        """Raise `InputError` unless exactly the parameters that are there have values of theirs."""
        for name in configuration:
            self[name]
        for name in self:
            there = self.there(name, configuration)
            require(
                there == (name in configuration),
                f"parameter {name!r} is {'missing' if there else 'not there'} in {configuration}.",
            )
            require(
                not there or self.domain(name).holds(configuration[name]),
                f"{name}={configuration.get(name)!r} is not in {self.domain(name)}.",
            )
