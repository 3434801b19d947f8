"""Parts of a record that are made as a whole, and kept when a study is resumed."""

from collections.abc import Callable
from typing import Any

import xarray as xr

from lab import records
from lab.study.cli import Folder


def once(
    folder: Folder, name: str, told: dict[str, Any], make: Callable[[], xr.Dataset]
) -> xr.Dataset:
    """The part `name`, stamped with the configuration `told`.

    When resuming, it is taken as it was if it was finished at the same configuration.
    """

    def part(held: xr.Dataset | None) -> xr.Dataset:
        if held is not None and records.manifest(held)["configuration"] == told:
            return held
        return records.stamp(make(), told)

    return folder.part(name, part)
