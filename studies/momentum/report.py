"""Tables, verdicts and figures of the momentum study, from its record alone."""

import numpy as np
import xarray as xr

from lab import plots
from lab.plots.races import race_figure
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.momentum import figures


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    parts = {name: record[name].to_dataset() for name in ("contraction", "heat", "oscillation")}
    batch = record["batch"].to_dataset()
    races = {name: node.to_dataset() for name, node in record["race"].children.items()}
    one = next(iter(races.values()))
    heat = parts["heat"]
    texts = {
        "contraction": "½ Σ hᵢwᵢ² with curvatures 1/κ and 1, best numbers for that κ, float64; one "
        "start, no randomness.",
        "heat": f"κ = {heat.attrs['condition']:g}; {heat.attrs['steps']} updates from (1, 1), "
        "float64. White contours: theory. Red: edge of stability, 2(1+β)/η or 2(1+β)/(η(1+2β)). "
        "Ring: fastest measured.",
        "race": f"{one.sizes['step'] - 1} updates, β = 0.9, best of the same "
        f"{one.attrs['trials']} learning rates on {one.attrs['tuning_starts']} other starts. "
        f"Median and middle half of {one.sizes['start']} random starts; maps: the highest "
        "of them, stars: minima. Saddle: starts on its ridge, |y| ≤ 0.002.",
        "oscillation": "Detour: way travelled beyond the straight way. Blue: Nesterov swings less. "
        "Grey: one of them does not swing or converges slower than 0.98 per update.",
        "batch": f"Exact risk in {batch.attrs['dimension']} dimensions, curvatures 1/i, noise "
        f"covariance = Hessian; best of {batch.attrs['trials']} learning rates for every β and "
        "batch size.",
    }
    drawn = {
        "contraction": figures.contraction(parts["contraction"], texts["contraction"]),
        "heatmap": figures.heat_maps(heat, texts["heat"]),
        "races": race_figure(races, texts["race"]),
        "oscillation": figures.swings(parts["oscillation"], texts["oscillation"]),
        "batch": figures.batches(batch, texts["batch"]),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    header, rows = _contraction_table(parts["contraction"])
    race_header, race_rows = _race_table(races)
    verdict = _verdict(parts, batch, races)
    text = (
        f"# Momentum\n\n## Contraction on quadratics\n\n{markdown(header, rows)}\n"
        f"## Races\n\n{markdown(race_header, race_rows)}\n{texts['race']}\n\n"
        f"## Verdict\n\n{verdict}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(race_header, race_rows))
    folder.text("verdict.md", verdict)
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _contraction_table(record: xr.Dataset):
    header = ["rule", "κ", "theory ρ", "|radius − theory|", "fitted ρ", "error of −ln ρ"]
    rows = []
    for method in record.rule.values.tolist():
        for kappa in record.condition.values.tolist():
            theory, radius, fitted = (
                float(record[name].sel(rule=method, condition=kappa))
                for name in ("theory", "radius", "fitted")
            )
            rows.append([
                method, f"{kappa:g}", f"{theory:.6f}", f"{abs(radius - theory):.0e}",
                f"{fitted:.6f}", f"{np.log(fitted) / np.log(theory) - 1:+.1%}",
            ])  # fmt: skip
    return header, rows


def _race_table(races):
    header = ["landscape", "optimizer", "best rate", "median updates", "starts that arrive"]
    rows = []
    for land, race in races.items():
        for name in race.optimizer.values.tolist():
            updates, rate = race.updates.sel(optimizer=name), float(race.rate.sel(optimizer=name))
            edge = " (edge)" if bool(race.at_edge.sel(optimizer=name)) else ""
            middle = float(np.median(updates))
            rows.append([
                land.replace("_", " "), name, f"{rate:.2g}{edge}",
                f"{middle:.0f}" if np.isfinite(middle) else "never",
                f"{float(np.isfinite(updates).mean()):.0%}",
            ])  # fmt: skip
    return header, rows


def held(true: bool) -> str:
    """The verdict on a claim that is plainly true or not."""
    return "held" if true else "did not hold"


def _verdict(parts: dict[str, xr.Dataset], batch: xr.Dataset, races: dict[str, xr.Dataset]) -> str:
    record = parts["contraction"]
    off = float(np.abs(record.radius - record.theory).max())
    slope = np.abs(np.log(record.fitted) / np.log(record.theory) - 1)
    plain = float(slope.sel(rule="gradient descent").max())
    others = float(slope.max())
    heat = parts["heat"]
    stable = (heat.theory < 0.995) & (heat.measured < 1)
    gap = float(np.abs(heat.measured - heat.theory).where(stable).median())
    swing = parts["oscillation"]
    both = (swing.radius.max("rule") < 0.98) & (swing.detour.sel(rule="heavy ball") > 1e-3)
    less = swing.detour.sel(rule="Nesterov") < swing.detour.sel(rule="heavy ball")
    share = float(less.where(both).mean())
    lines = [
        "- *Best heavy ball contracts at (√κ − 1)/(√κ + 1), descent at (κ − 1)/(κ + 1), Nesterov "
        f"at 1 − 1/√κ (Goh 2017).* **{held(off < 1e-8 and plain < 0.01 and others < 0.05)}**: the "
        f"rules' own iteration matrices agree to {off:.0e}; slopes fitted to runs to {plain:.1g} "
        f"(descent) and {others:.1%} (the others, double roots).",
        f"- *Theory describes the whole map of momentum × rate.* **{held(gap < 0.01)}**: median "
        f"difference of measured and theoretical contraction {gap:.4f} where it converges.",
        f"- *Nesterov oscillates less than heavy ball.* **{held(share > 0.95)}** at equal rate and "
        f"momentum: in {share:.1%} of the pairs where both converge.",
    ]
    for land, race in races.items():
        lines.append(_race_line(land, race))
    few, many = batch.updates.isel(batch=0), batch.updates.isel(batch=-1)
    gain = [float(x.sel(momentum=0) / x.min("momentum")) for x in (few, many)]
    lines.append(
        "- *Momentum is no faster than plain descent at small batches, and pays at large ones "
        f"(Zhang 2019).* **{held(gain[0] < 1.1 and gain[1] > 1.5)}** on the noisy quadratic model: "
        f"{gain[0]:.2f} times fewer updates at batch {float(batch.batch[0]):g}, {gain[1]:.2f} "
        f"times at {float(batch.batch[-1]):g}."
    )
    return "\n".join(lines) + "\n"


def _race_line(land: str, race: xr.Dataset) -> str:
    """Paired over starts: the share that heavy ball brings to the minimum sooner."""
    heavy, plain = (race.updates.sel(optimizer=k) for k in ("heavy ball", "gradient descent"))
    sooner, later = int((heavy < plain).sum()), int((heavy > plain).sum())
    n = sooner + later
    sure = n > 0 and abs(sooner - later) > 2 * n**0.5  # sign test, two standard deviations
    word = "inconclusive" if not sure else held(sooner > later)
    a, b = (float(np.median(x)) for x in (heavy, plain))
    return (
        f"- *Momentum is faster on the {land.replace('_', ' ')}.* **{word}**: sooner from {sooner} "
        f"of {race.sizes['start']} starts, later from {later}; median {a:.0f} against {b:.0f} "
        "updates, each at its best rate."
    )
