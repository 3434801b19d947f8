"""What a study is: a value made of functions, and the record they make and read."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import xarray as xr

from lab.plots.animation import Picture
from lab.study.claims import Claim
from lab.study.settings import Settings
from lab.study.tables import Table
from lab.sweeps.sweep import Sweep

S = TypeVar("S", bound=Settings)
Make: TypeAlias = Sweep | Callable[[xr.Dataset | None], xr.Dataset]
Parts: TypeAlias = Generator[tuple[str, Make], xr.Dataset, None]


@dataclass(frozen=True)
class Record(Mapping[str, xr.Dataset], Generic[S]):
    """The parts of a study by their labels, and the settings they were made with."""

    settings: S
    parts: Mapping[str, xr.Dataset]

    def __getitem__(self, label: str) -> xr.Dataset:
        return self.parts[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    def under(self, folder: str) -> dict[str, xr.Dataset]:
        """The parts `folder/...`, by what follows."""
        start = f"{folder}/"
        return {k.removeprefix(start): v for k, v in self.parts.items() if k.startswith(start)}


@dataclass(frozen=True)
class Study(Generic[S]):
    """A question about optimization.

    Attributes:
      name: Of its package in `studies`.
      settings: Of a full run; fields that are flags may be given on the command line.
      smoke: Of a run in seconds that shows that everything works, and proves nothing.
      parts: Yields (label, make) and is sent what was made, so that a part may follow from an
        earlier one. `make` is a `lab.Sweep`, or a function of what an earlier run finished of the
        part (or None). A part that is whole is not made again when a run is resumed.
      claims: What the record says about the statements of the page.
      figures: Pictures by name, from the record alone: figures of matplotlib, or animations.
      tables: Tables by name, from the record alone; the first is the page's `{table}`.
    """

    name: str
    settings: S
    smoke: S
    parts: Callable[[S], Parts]
    claims: Callable[[Record[S]], Iterable[Claim]]
    figures: Callable[[Record[S]], Mapping[str, Picture]]
    tables: Callable[[Record[S]], Mapping[str, Table]] = lambda _: {}
