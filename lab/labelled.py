"""Records and labelled arrays as arguments: which dimensions, labels and numbers they must have."""

from typing import Any

import xarray as xr

from lab.validation.kinds import Kind

Dims = tuple[str, ...]


def labelled(*dims: str, counted: Dims = ()) -> Kind:
    """An array of exactly these dimensions, each with labels, and of those that need none."""
    every = (*dims, *counted)
    return Kind(
        f"a labelled array ({', '.join(every)}) of real numbers with something in it",
        lambda value: (
            isinstance(value, xr.DataArray)
            and set(value.dims) == set(every)
            and set(dims) <= set(value.coords)
            and _are_numbers(value, every)
        ),
    )


def labelled_by(*dims: str) -> Kind:
    """An array of these dimensions and maybe others, each with labels."""
    return Kind(
        f"a labelled array ({', '.join(dims)}, ...) of real numbers with something in it",
        lambda value: (
            isinstance(value, xr.DataArray)
            and set(value.dims) <= set(value.coords)
            and _are_numbers(value, dims)
        ),
    )


def holding(*labels: str, **numbers: Dims) -> Kind:
    """A record with these labels, and numbers by name with these dimensions and maybe others."""
    each = [f"{name} ({', '.join(dims)}, ...)" for name, dims in numbers.items()]
    return Kind(
        f"a record with {', '.join([*labels, *each])}, of real numbers",
        lambda value: (
            isinstance(value, xr.Dataset)
            and set(labels) <= set(value.coords)
            and all(_are_numbers(value.get(name), dims) for name, dims in numbers.items())
        ),
    )


def _are_numbers(array: Any, dims: Dims) -> bool:
    if array is None or array.dtype.kind not in "biuf":
        return False
    return set(dims) <= set(array.dims) and array.size > 0
