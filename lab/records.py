"""Records: labelled arrays with provenance, on disk as netCDF, written atomically."""

import hashlib
import json
import os
import platform
import re
import subprocess
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

FORMAT = 1  # raised when older records can no longer be read
HASH = "sha256"  # attribute of a file, not of a record
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

    It carries a hash of its contents, so that `load` can tell when they were changed.

    Raises:
      InputError: If it is no record, or the folder cannot be written to.
    """
    require(
        "lab_format" in record.attrs,
        "the record to save must be what lab.sweep returned, its attributes included.",
    )
    signed = record.copy()  # shallow
    signed.attrs = {**record.attrs, HASH: _digest(record)}
    # by way of memory: on a full disk HDF5 fails in many words, and again as it closes
    content = signed.to_netcdf(engine="h5netcdf")
    return write_atomically(Path(path), lambda temporary: temporary.write_bytes(content))


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
    try:
        with opener(path, engine="h5netcdf") as opened:
            record = opened.load()
    except Exception as error:  # h5py raises many kinds for broken bytes
        raise InputError(f"{told} cannot be read as a record: {shown(error)}.") from error
    found = record.attrs.get("lab_format")
    require(found is not None, f"{told} is a netCDF file, but no record of this lab.")
    require(
        str(found) == str(FORMAT),
        f"{told} is a record of format {shown(found)}; this version of the lab reads {FORMAT}.",
    )
    require(_manifest(record) is not None, f"{told} has no manifest: lab.sweep did not make it.")
    known = record.attrs.pop(HASH, None)  # older records have none
    require(
        known is None or known == _digest(record),
        f"{told} is damaged: its contents are not what was written.",
    )
    return record


def _digest(record: xr.Dataset | xr.DataTree) -> str:
    """A hash of names, shapes and values, all that a file gives back as it was."""
    nodes = record.subtree if isinstance(record, xr.DataTree) else [record]
    digest = hashlib.sha256()
    for node in nodes:
        own = node.to_dataset(inherit=False) if isinstance(node, xr.DataTree) else node
        for name, variable in sorted(own.variables.items(), key=str):
            values = variable.values
            digest.update(repr((getattr(node, "path", "/"), name, variable.sizes)).encode())
            text = values.dtype.kind in "OSTU"
            digest.update(repr(values.tolist()).encode() if text else values.tobytes())
    return digest.hexdigest()


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
