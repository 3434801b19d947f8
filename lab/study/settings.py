"""What a study's runs depend on: a frozen value, some fields of which are flags."""

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import lab
from lab.study import flags
from lab.validation.errors import require

SET = 10_000  # seeds, and splits, between one set of replicates and the next; 99 fit in a phase


@dataclass(frozen=True)
class Settings:
    """Of any study; a subclass declares its own. Numbers, words, None, and tuples of them.

    A field is a flag where it is annotated with a kind of `lab.study.flags`; the docstring below it
    is its help.
    """

    seeds: Annotated[int, flags.whole(2, 100_000)] = 10
    """Number of replicates that are reported: seeds, or splits where those are replicated."""
    fresh: Annotated[int, flags.whole(0, 99)] = 0
    """Which set of seeds and splits: 0 is the one that is published, others share none with it."""

    def check(self) -> None:
        """Refuse settings that do not fit together; each alone is right by now."""

    def identity(self) -> Any:
        """What else decides whether a part that was made before is what these settings make."""

    def numbers(self, count: int, first: int = 0) -> list[int]:
        """`count` seeds, or splits, of this set, from `first` on: a phase of `lab.protocol`."""
        start = first + SET * self.fresh
        return list(range(start, start + count))


@dataclass(frozen=True)
class DataSettings(Settings):
    """Of studies that train on bundled data, or on the user's own table."""

    data: Annotated[Path | None, flags.file()] = None
    """Your own table, CSV or NPZ, in place of the bundled data."""
    target: Annotated[str | None, flags.column()] = None
    """The column of --data to be predicted."""
    kind: Literal["classification", "regression"] | None = None
    """What --target is; found out from its values where it is not told."""
    weight: Annotated[str | None, flags.column()] = None
    """The column of --data with the weight of each row, if there is one."""
    group: Annotated[str | None, flags.column()] = None
    """A column of --data whose equal rows (a patient, a site) no split may part."""
    time: Annotated[str | None, flags.column()] = None
    """A column of --data, numbers or dates, that splits keep the order of: the past trains."""

    def check(self) -> None:
        """Refuse words about a file that is not given."""
        for word in ("target", "kind", "weight", "group", "time"):
            require(
                getattr(self, word) is None or self.data is not None,
                f"--{word} needs --data, the file it speaks of.",
            )
        require(
            self.data is None or self.target is not None,
            "--data needs --target, the column to be predicted.",
        )

    def identity(self) -> str | None:
        """The hash of the table."""
        return None if self.data is None else hashlib.sha256(self.data.read_bytes()).hexdigest()

    def own_table(self) -> lab.data.Table | None:
        """The user's table, or None where the bundled data is meant.

        Raises:
          InputError: If the file is no table, or has no such columns.
        """
        if self.data is None or self.target is None:
            return None
        words = {w: getattr(self, w) for w in ("kind", "weight", "group", "time")}
        return lab.data.from_file(self.data, self.target, **words)


def described(settings: Settings) -> dict[str, Any]:
    """Settings as JSON holds them."""
    return {f.name: _plain(getattr(settings, f.name)) for f in fields(settings)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def restored(like: Any, told: dict[str, Any]) -> Any:
    """Settings of the kind of `like`, from what `described` gave.

    Raises:
      LookupError: If a setting is missing.
    """
    values = {}
    for f in fields(like):
        value = _tupled(told[f.name])
        made = getattr(like, f.name)
        if isinstance(value, str) and not isinstance(made, str) and f.name == "data":
            value = Path(value)
        values[f.name] = value
    return type(like)(**values)


def _tupled(value: Any) -> Any:
    return tuple(_tupled(one) for one in value) if isinstance(value, list) else value
