"""Records: labelled arrays with provenance, on disk as netCDF, written atomically."""

import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import jax
import xarray as xr

from lab.files import AnyPath, existing_file, write_atomically
from lab.validation.checks import checked
from lab.validation.errors import InputError, require, shown

FORMAT = 2  # raised when what is written changes
READ = ("1", "2")  # formats; those before 2 carry no seal
SEAL = b"\nlab-sha256:"  # with which a file ends, and 64 digits: HDF5 does not look behind its end
PATIENCE_S = 60  # until a file that carries no seal has to be read
_PACKAGES = ("optimization-lab", "jax", "jaxlib", "flax", "optax", "numpy", "scikit-learn")


def provenance() -> dict[str, Any]:
    """Versions, device and source revision: what numbers depend on beside configuration."""
    return environment() | {"revision": _revision()}


def environment() -> dict[str, Any]:
    """The same without the revision, which costs two processes."""
    device = jax.devices()[0]
    return {
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _PACKAGES},
        "platform": platform.platform(),
        "device": device.device_kind,
        "backend": device.platform,
        "instructions": instructions() if device.platform == "cpu" else [],
        "devices": jax.device_count(),
        "x64": bool(jax.config.jax_enable_x64),  # type: ignore[attr-defined]
        "matmul_precision": str(jax.config.jax_default_matmul_precision),  # type: ignore[attr-defined]
        "most_optimizations_disabled": bool(jax.config.read("jax_disable_most_optimizations")),
        "xla_flags": [
            flag
            for flag in sorted(os.environ.get("XLA_FLAGS", "").split())
            if not re.search("device_count|dump", flag)
        ],
        "threefry_partitionable": bool(jax.config.jax_threefry_partitionable),  # type: ignore[attr-defined]
    }


@cache
def instructions() -> list[str]:
    """Sets of vector instructions of this CPU, on which XLA's code depends; [] if not known."""
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return []
    flags = re.search(r"^(?:flags|Features)\s*:(.*)$", told, re.MULTILINE)
    sets = r"sse4_2|avx\w*|fma|amx\w*|asimd\w*|sve\w*"
    return sorted(re.findall(rf"\b(?:{sets})\b", flags[1])) if flags else []


def manifest(record: xr.Dataset | xr.DataTree) -> dict[str, Any]:
    """Configuration and provenance of a record, as written into its attributes."""
    found = _manifest(record)
    require(found is not None, "the record has no manifest: lab.sweep did not make it.")
    return found or {}


def _manifest(record: xr.Dataset | xr.DataTree) -> dict[str, Any] | None:
    try:
        found = json.loads(record.attrs["manifest"])
        return found if isinstance(found["configuration"], dict) else None
    except (LookupError, TypeError, ValueError, RecursionError):
        return None


R = TypeVar("R", xr.Dataset, xr.DataTree)


def stamp(
    record: R, configuration: dict[str, Any], elsewhere: Mapping[str, Any] | None = None
) -> R:
    """The record with its format, configuration and provenance.

    Args:
      record: Gets them as attributes.
      configuration: How it was made.
      elsewhere: Of the provenance what was another process's, if one made the numbers.
    """
    made = provenance() | dict(elsewhere or {})
    described = {"configuration": configuration, "provenance": made}
    text = json.dumps(described, sort_keys=True, default=str)
    stamped = record.copy()  # shallow
    stamped.attrs = {**record.attrs, "lab_format": FORMAT, "manifest": text}
    return stamped


@checked
def save(record: xr.Dataset | xr.DataTree, path: AnyPath) -> Path:
    """Write a record, or a tree of them, to `path` (netCDF 4); the file is whole or not there.

    It ends with a hash of everything before, so that `load` can tell when a byte was changed.

    Raises:
      InputError: If it is no record, or the folder cannot be written to.
    """
    require(
        "lab_format" in record.attrs,
        "the record to save must be what lab.sweep returned, its attributes included.",
    )
    saved = record.copy()  # shallow
    saved.attrs = {**record.attrs, "lab_format": FORMAT}
    # by way of memory: on a full disk HDF5 fails in many words, and again as it closes
    content = bytes(saved.to_netcdf(engine="h5netcdf", encoding=_unfilled(saved)))
    sealed = content + SEAL + hashlib.sha256(content).hexdigest().encode()
    return write_atomically(Path(path), lambda temporary: temporary.write_bytes(sealed))


def _unfilled(record: xr.Dataset | xr.DataTree) -> dict[str, Any]:
    """How variables are written: without a value of xarray's own that stands for missing ones."""
    if isinstance(record, xr.DataTree):
        return {node.path: _unfilled(node.to_dataset(inherit=False)) for node in record.subtree}
    return {
        str(name): {"_FillValue": None}
        for name, variable in record.variables.items()
        if "_FillValue" not in variable.attrs
    }


@checked
def load(path: AnyPath) -> xr.Dataset:
    """Read a record back, equal to what was saved.

    Raises:
      InputError: If the file is absent, is no record, was written in another format, or was
        changed since.
    """
    return _read(path, xr.open_dataset)


@checked
def load_tree(path: AnyPath) -> xr.DataTree:
    """Read a tree of records, as studies write them; raises as `load` does."""
    return _read(path, xr.open_datatree)


def _read(path: str | Path, opener) -> Any:
    path = existing_file(path, "record")
    told = f"path {str(path)!r}"
    sealed = _check_seal(path, told)
    try:
        # what numbers mean is the reader's business: none is scaled, masked or made a date
        with opener(path, engine="h5netcdf", mask_and_scale=False, decode_times=False) as opened:
            record = opened.load()
    except Exception as error:  # h5py raises many kinds for broken bytes
        raise InputError(f"{told} cannot be read as a record: {shown(error)}.") from error
    found = record.attrs.get("lab_format")
    require(found is not None, f"{told} is a netCDF file, but no record of this lab.")
    require(
        str(found) in READ,
        f"{told} is a record of format {shown(found)}; this version of the lab reads "
        f"{' and '.join(READ)}.",
    )
    require(
        sealed or str(found) == READ[0],
        f"{told} is damaged, or was written by another program: it carries no hash of its bytes.",
    )
    require(_manifest(record) is not None, f"{told} has no manifest: lab.sweep did not make it.")
    require(
        isinstance(record, xr.DataTree) or len(record.variables) > 0,
        f"{told} holds no record by itself, but at most a tree of them: use lab.records.load_tree.",
    )
    return record


def _check_seal(path: Path, told: str) -> bool:
    """Whether the file ends with a hash, which is that of its bytes; if not, whether it is read.

    Damaged metadata can make HDF5 search for ever: what is not known to be whole is read by another
    process first, which is given a minute.
    """
    content = path.read_bytes()
    body, seal, digits = content.rpartition(SEAL)
    if seal and len(digits) == 64:
        require(
            hashlib.sha256(body).hexdigest().encode() == digits,
            f"{told} is damaged: its contents are not what was written.",
        )
        return True
    try:
        subprocess.run(
            [sys.executable, "-c", _VISIT, str(path)],
            capture_output=True,
            check=True,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"{told} is damaged: it cannot be read within {PATIENCE_S} s.") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip().splitlines() or ["it is damaged"]
        raise InputError(f"{told} cannot be read as a record: {shown(reason[-1])}.") from None
    return False


_VISIT = """
import sys, h5py

def read(_, item):
    dict(item.attrs)
    if isinstance(item, h5py.Dataset):
        item[()]

with h5py.File(sys.argv[1]) as file:
    read("", file)
    file.visititems(read)
"""


def write_json(value: Any, path: str | Path) -> Path:
    """Write JSON atomically, for people and other programs."""
    text = json.dumps(value, indent=2, sort_keys=True, default=str) + "\n"
    return write_atomically(Path(path), lambda temporary: temporary.write_text(text))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _revision() -> str | None:
    """The commit of the source, with `+` where files differ from it; None outside a checkout."""
    root = Path(__file__).parent

    def git(*words: str) -> str:
        run = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
        return run.stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return None
