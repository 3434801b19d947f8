"""Tables, verdicts, figures and animations of the landscape study, from its record alone."""

import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab import plots
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from lab.tasks import LANDSCAPES
from studies.landscapes import figures
from studies.landscapes.animation import animate
from studies.momentum.report import held

SURFACES = ("elongated_bowl", "saddle", "rosenbrock", "rastrigin")
MAPS = ("elongated_bowl", "saddle", "ravine", "rosenbrock", "beale", "himmelblau")
MARGIN = 0.05  # of all starts: a gain that counts
MOVING = ("rosenbrock", "saddle", "himmelblau")


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    curve = record["curve"].to_dataset()
    races = {name: node.to_dataset() for name, node in record["race"].children.items()}
    basins = {name: node.to_dataset() for name, node in record["basins"].children.items()}
    one = next(iter(races.values()))
    budget = (
        f"{one.sizes['step'] - 1} updates, best of the same {one.attrs['trials']} learning rates "
        f"on {one.attrs['tuning_starts']} other starts"
    )
    drawn = {
        "steps": figures.steps_on_a_curve(
            curve,
            "w ← w − η f′(w) on f = x² + x, 14 updates from −2.1; dark to bright: order of the "
            "points. Curvature 2: stable below η = 1.",
        ),
        "surfaces": figures.surfaces(
            SURFACES, "Heights (top 3 % cut off) and contours, evenly spaced in log height."
        ),
        "paths": figures.path_maps(
            {name: races[name] for name in MAPS if name in races},
            f"Illustration. {budget}. One of {one.sizes['start']} random starts; stars: minima.",
        ),
        "basins": figures.basin_maps(
            basins,
            f"Illustration. {next(iter(basins.values())).sizes['x']}² starts, {budget}. Colour: "
            "the minimum reached, darker the later, grey none; Rastrigin: height of the end, "
            "yellow is high.",
        ),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    for name in MOVING:
        if name in races:
            frames = 6 if one.sizes["start"] < 10 else 60
            few = races[name].isel(start=slice(0, 24))
            animate(few, folder.path / f"{name}.gif", frames, f"Illustration: {budget}.")
    header, rows = _table(races)
    basin_header, basin_rows = _basin_table(basins)
    verdict = _verdict(curve, races, basins)
    text = (
        f"# Landscapes\n\n## Races\n\n{markdown(header, rows)}\n{budget}; "
        f"{one.sizes['start']} random starts.\n\n## Basins\n\n{markdown(basin_header, basin_rows)}"
        f"\n## Verdict\n\n{verdict}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    folder.text("verdict.md", verdict)
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _table(races: dict[str, xr.Dataset]):
    header = ["landscape", "optimizer", "best rate", "median updates", "at the lowest minimum"]
    rows = []
    for land, race in races.items():
        for name in race.optimizer.values.tolist():
            mine = race.sel(optimizer=name)
            middle = float(np.median(mine.updates))
            edge = " (edge)" if bool(mine.at_edge) else ""
            rows.append([
                land.replace("_", " "), name, f"{float(mine.rate):.2g}{edge}",
                f"{middle:.0f}" if np.isfinite(middle) else "never",
                f"{float(np.isfinite(mine.updates).mean()):.0%}",
            ])  # fmt: skip
    return header, rows


def _lowest(name: str) -> np.ndarray:
    """Which minima are as low as any."""
    land = LANDSCAPES[name]
    values = np.array([float(land(jnp.asarray(m))) for m in land.minima])
    return np.flatnonzero(values < values.min() + 1e-3)


def _shares(name: str, basin: xr.Dataset) -> dict[str, np.ndarray]:
    """Per optimizer: share of starts that end at a minimum, the nearest, a lowest one."""
    minimum, dims = basin.minimum, ("y", "x")
    lowest = minimum.isin(_lowest(name)).mean(dims).values
    nearest = (minimum == basin.nearest).mean(dims).values
    return {"any": (minimum >= 0).mean(dims).values, "nearest": nearest, "lowest": lowest}


def _basin_table(basins: dict[str, xr.Dataset]):
    header = ["landscape", "optimizer", "ends at a minimum", "the nearest one", "a lowest one"]
    rows = []
    for land, basin in basins.items():
        shares = _shares(land, basin)
        for i, name in enumerate(basin.optimizer.values.tolist()):
            cells = [f"{share[i]:.1%}" for share in shares.values()]
            rows.append([land.replace("_", " "), name, *cells])
    return header, rows


def _by_margin(gain: float) -> str:
    """Held beyond the margin, did not hold without a gain, inconclusive between."""
    return "held" if gain > MARGIN else "did not hold" if gain <= 0 else "inconclusive"


def _verdict(curve: xr.Dataset, races, basins) -> str:
    edge, grid = float(curve.edge), curve.attrs["grid"]
    lines = [
        "- *Descent converges below η = 2/curvature and diverges above.* "
        f"**{held(abs(edge - 1) <= 1.5 * grid)}**: on x² + x (curvature 2) the largest rate that "
        f"comes closer is {edge:.3f}, grid {grid:.3f}."
    ]
    for name, basin in basins.items():
        shares = _shares(name, basin)
        names = basin.optimizer.values.tolist()
        plain, heavy = names.index("descent"), names.index("heavy ball")
        if len(_lowest(name)) < len(LANDSCAPES[name].minima):
            a, b = shares["lowest"][plain], shares["lowest"][heavy]
            lines.append(
                f"- *Momentum escapes local minima, on {name.replace('_', ' ')}.* "
                f"**{_by_margin(float(b - a))}**: heavy ball ends in the lowest one from "
                f"{b:.1%} of the starts, descent from {a:.1%}, each at its best rate "
                f"(margin {MARGIN:.0%})."
            )
        else:
            a = shares["nearest"][plain]
            lines.append(
                f"- *Descent ends in the nearest minimum, on {name}.* **{held(bool(a > 0.95))}**: "
                f"from {a:.1%} of the starts; heavy ball from {shares['nearest'][heavy]:.1%}."
            )
    bests = {
        name: str(race.optimizer.values[int(np.argmin(np.median(race.updates, -1)))])
        for name, race in races.items()
        if np.isfinite(np.median(race.updates, -1)).any()
    }
    lines.append(
        "- *One optimizer is the fastest everywhere.* "
        f"**{held(len(set(bests.values())) == 1)}**: least median updates on "
        + ", ".join(f"{name.replace('_', ' ')} {best}" for name, best in bests.items())
        + ". (An illustration in two dimensions.)"
    )
    return "\n".join(lines) + "\n"
