"""Parts of an earlier run, made again and compared bit by bit."""

from pathlib import Path

import xarray as xr

from lab import records
from lab.study.folder import function_of, part_file
from lab.study.study import Make
from lab.sweeps.verify import verify
from lab.validation.errors import InputError, require

TIMES = ("s", "1/s", "s/s", "B")  # units of what another moment changes: times, and memory


class Verification:
    """Of a run in `path`: the lanes of a sweep in samples, other parts as a whole."""

    def __init__(self, path: Path):
        self.path = path
        require((path / "parts").is_dir(), f"--verify: there are no parts of a run in {path}.")
        self.different = False

    def part(self, label: str, make: Make) -> xr.Dataset:
        """Verify a part, say what came of it, and hand on what was there."""
        record = records.load(part_file(self.path, label))
        again = function_of(make)
        try:
            verified = verify(record, again)
        except InputError:  # no record of lab.sweep
            names = differing(record, again(None))
            self.different |= bool(names)
            said = (
                f"differs in {', '.join(names)}" if names else "made again is bitwise the record's"
            )
            print(f"{label}: {said}.")
        else:
            print(f"{label}: {verified}")
            self.different |= bool(verified.differing or verified.ledger)
        return record


def differing(record: xr.Dataset, again: xr.Dataset) -> list[str]:
    """Variables with other bits; those that measure time are not compared."""
    return [
        str(name)
        for name in record.variables
        if record[name].attrs.get("units") not in TIMES
        and not (name in again.variables and _equal(record[name], again[name]))
    ]


def _equal(a: xr.DataArray, b: xr.DataArray) -> bool:
    """The same bits; the same words, where they are words."""
    if (a.dims, a.shape) != (b.dims, b.shape):
        return False
    if a.dtype.kind in "OUST":
        return a.values.tolist() == b.values.tolist()
    return a.values.tobytes() == b.values.astype(a.dtype).tobytes()
