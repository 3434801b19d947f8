"""What descent, momentum and the others do on landscapes, as shares of starts."""

from collections.abc import Iterator, Mapping

import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.protocol.races import sooner, table_rows
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, fact, span
from lab.tasks import LANDSCAPES
from studies.landscapes.runs import Landscapes

MARGIN = 0.05  # of all starts: a gain that counts, and what "nearest" may miss


def claims(record: Record[Landscapes]) -> Iterator[Claim]:
    """Of the page."""
    edge, grid = float(record["curve"].edge), record["curve"].attrs["grid"]
    yield fact(
        "edge",
        "Descent converges below η = 2/curvature and diverges above",
        abs(edge - 1) <= 1.5 * grid,
        f"on x² + x (curvature 2) the largest rate that comes closer is {edge:.3f}, grid "
        f"{grid:.3f}",
    )
    for name, basin in record.under("basins").items():
        yield _ends(name, basin)
    yield _one_is_fastest(record.under("race"))


def tables(record: Record[Landscapes]) -> dict[str, Table]:
    """Races, and where the starts of the grids end."""
    raced = ["landscape", "optimizer", "best rate", "median updates", "at the lowest minimum"]
    ends = ["landscape", "optimizer", "ends at a minimum", "the nearest one", "a lowest one"]
    rows = [
        [land.replace("_", " "), name, *(f"{float(x):.1%}" for x in found.values())]
        for land, basin in record.under("basins").items()
        for name in basin.optimizer.values.tolist()
        for found in [shares(land, basin, name)]
    ]
    return {
        "table": Table(raced, table_rows(record.under("race"))),
        "basins": Table(ends, rows),
    }


def shares(land: str, basin: xr.Dataset, optimizer: str) -> dict[str, float]:
    """Of the starts of a grid: which end at a minimum, the nearest, a lowest one."""
    minimum = basin.minimum.sel(optimizer=optimizer)
    ends = {
        "any": minimum >= 0,
        "nearest": minimum == basin.nearest,
        "lowest": minimum.isin(_lowest(land)),
    }
    return {what: float(x.mean()) for what, x in ends.items()}


def _lowest(name: str) -> np.ndarray:
    """Which minima are as low as any."""
    land = LANDSCAPES[name]
    values = np.array([float(land(jnp.asarray(m))) for m in land.minima])
    return np.flatnonzero(values < values.min() + 1e-3)


def _ends(name: str, basin: xr.Dataset) -> Claim:
    """Of a grid of starts, which has nothing random."""
    plain, heavy = (shares(name, basin, rule) for rule in ("descent", "heavy ball"))
    where = f"on {name.replace('_', ' ')}"
    if len(_lowest(name)) == len(LANDSCAPES[name].minima):
        return fact(
            f"nearest_{name}",
            "Descent ends in the nearest minimum",
            plain["nearest"] > 1 - MARGIN,
            f"from {plain['nearest']:.1%} of the starts; heavy ball from {heavy['nearest']:.1%}",
            where=where,
        )
    return fact(
        f"escapes_{name}",
        "Momentum escapes local minima",
        heavy["lowest"] - plain["lowest"] > MARGIN,
        f"heavy ball ends in the lowest one from {heavy['lowest']:.1%} of the starts, descent "
        f"from {plain['lowest']:.1%}, each at its best rate (margin {MARGIN:.0%})",
        where=where,
    )


def _one_is_fastest(races: Mapping[str, xr.Dataset]) -> Claim:
    """Of the optimizer that is nearest to it: all others have a rival that is surer ahead.

    Landscapes where the median of every optimizer is never are left out.
    """
    medians = {land: np.median(race.updates, -1) for land, race in races.items()}
    known = [land for land, middle in medians.items() if np.isfinite(middle).any()]
    names = next(iter(races.values())).optimizer.values.tolist()
    updates = np.stack([races[land].updates.values for land in known], 1)  # [O, landscapes, n]
    pairs = [(i, j) for i in range(len(names)) for j in range(len(names)) if i != j]
    a, b = (updates[list(of)].reshape(-1, updates.shape[-1]) for of in zip(*pairs))
    middle, low, high = (x.reshape(len(names), -1) for x in sooner(a, b))
    best = int(high.min(1).argmax())
    worst = int(high[best].argmin())
    rival, land = divmod(worst, len(known))
    rival = pairs[best * (len(names) - 1) + rival][1]
    share = span(Interval(*(x[best, worst] for x in (middle, low, high))), ".0%")
    least = ", ".join(f"{x.replace('_', ' ')} {names[int(medians[x].argmin())]}" for x in known)
    return Claim(
        "one_is_fastest", "One optimizer is the fastest everywhere",
        Interval(middle[best], low[best], high[best]), updates.shape[-1], "starts", low=0.5,
        says=f"least median updates on {least}; nearest to it is {names[best]}, which is sooner "
        f"than {names[rival]} on {known[land].replace('_', ' ')} from {share} of the starts (an "
        "illustration in two dimensions)",
    )  # fmt: skip
