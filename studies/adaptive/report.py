"""Tables, verdicts and figures of the study of adaptive rates, from its record alone."""

import numpy as np
import xarray as xr

from lab import plots
from lab.statistics import mean_interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.adaptive import figures
from studies.momentum.report import held


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    names = ("bowls", "dying", "correction", "epsilon")
    parts = {name: record[name].to_dataset() for name in names}
    kinds = {name: node.to_dataset() for name, node in record["features"].children.items()}
    sparse, bowl = kinds["sparse"], parts["bowls"]
    text = {
        "features": f"Logistic regression, 200 features, batch 16, {int(sparse.step[-1])} updates; "
        f"best of the same {sparse.attrs['trials']} learning rates on 3 seeds; mean over "
        f"{sparse.sizes['seed']} fresh seeds, 95 % t interval.",
        "bowls": f"{bowl.attrs['steps']} updates, best of the same {bowl.attrs['trials']} learning "
        f"rates on 8 starts; median and middle half of {bowl.sizes['start']} fresh starts.",
        "rates": f"Left: median and range of {parts['dying'].sizes['seed']} seeds; RMSProp decay "
        "0.99, Adam β₂ = 0.999. Right: no randomness.",
        "epsilon": f"The default network on digits, batch 32, {parts['epsilon'].attrs['updates']}"
        f" updates; mean and range of {parts['epsilon'].sizes['seed']} seeds. Points above the "
        "frame or diverged are left out.",
    }
    drawn = {
        "features": figures.features(sparse, kinds["dense"], text["features"]),
        "bowls": figures.bowls(bowl, text["bowls"]),
        "rates": figures.rates_left(parts["dying"], parts["correction"], text["rates"]),
        "epsilon": figures.epsilons(parts["epsilon"], text["epsilon"]),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    header, rows = _features_table(kinds)
    bowl_header, bowl_rows = _bowl_table(bowl)
    verdict = _verdict(kinds, parts)
    table = (
        f"# Adaptive rates\n\n## Features\n\n{markdown(header, rows)}\n{text['features']}\n\n"
        f"## Bowls: median updates\n\n{markdown(bowl_header, bowl_rows)}\n{text['bowls']}\n\n"
        f"## Verdict\n\n{verdict}"
    )
    folder.text("table.md", table)
    folder.text("table.csv", comma_separated(header, rows))
    folder.text("verdict.md", verdict)
    print(f"{table}\nfigures, tables and record: {folder.path}")


def _features_table(kinds: dict[str, xr.Dataset]):
    header = ["features", "optimizer", "best rate", "validation loss", "accuracy"]
    rows = []
    for kind, record in kinds.items():
        for name in record.optimizer.values.tolist():
            mine = record.sel(optimizer=name)
            edge = " (edge)" if bool(mine.at_edge) else ""
            cells = []
            for values in (mine.loss.isel(step=-1).values, mine.accuracy.isel(step=-1).values):
                mean, low, _ = mean_interval(values)
                cells.append(f"{mean:.4f} ± {mean - low:.4f}")
            rows.append([kind, name, f"{float(mine.best):.2g}{edge}", *cells])
    return header, rows


def _bowl_table(record: xr.Dataset):
    conditions = record.condition.values.tolist()
    header = ["bowl", "optimizer", *(f"κ = {kappa:g}" for kappa in conditions)]
    rows = []
    for turned in record.turned.values.tolist():
        for name in record.optimizer.values.tolist():
            mine = record.sel(turned=turned, optimizer=name)
            medians = np.median(mine.updates.values, -1)
            edges = mine.at_edge.values
            cells = [
                (f"{m:.0f}" if np.isfinite(m) else "never") + (" (edge)" if e else "")
                for m, e in zip(medians, edges)
            ]
            rows.append(["turned 45°" if turned else "along axes", name, *cells])
    return header, rows


def _gap(record: xr.Dataset):
    """AdaGrad's final loss minus descent's, paired over seeds, 95 % t interval."""
    final = record.loss.isel(step=-1)
    return mean_interval((final.sel(optimizer="AdaGrad") - final.sel(optimizer="descent")).values)


def _three_way(low: float, high: float) -> str:
    """Held if surely negative, did not hold if surely positive."""
    return "held" if high < 0 else "did not hold" if low > 0 else "inconclusive"


def _verdict(kinds: dict[str, xr.Dataset], parts: dict[str, xr.Dataset]) -> str:
    rare, common = _gap(kinds["sparse"]), _gap(kinds["dense"])
    lines = [
        "- *AdaGrad is better than plain descent on sparse features.* "
        f"**{_three_way(float(rare.low), float(rare.high))}**: final validation loss differs by "
        f"{rare.estimate:+.4f} [{rare.low:+.4f}, {rare.high:+.4f}] on rare features, by "
        f"{common.estimate:+.4f} [{common.low:+.4f}, {common.high:+.4f}] on common ones; each at "
        "its best rate.",
    ]
    medians = parts["bowls"].updates.median("start")
    last = medians.isel(condition=-1)
    kappa = float(medians.condition[-1])

    def at(turned: int, name: str) -> float:
        return float(last.sel(turned=turned, optimizer=name))

    straight = at(0, "AdaGrad") < at(0, "descent")
    slanted = at(1, "AdaGrad") < 0.5 * at(1, "descent")
    lines += [
        f"- *AdaGrad is good on elongated bowls.* **{held(straight)}** along the axes: at κ = "
        f"{kappa:g} it needs {_count(at(0, 'AdaGrad'))} updates, descent "
        f"{_count(at(0, 'descent'))}.",
        f"- *... however they lie.* **{held(slanted)}**: turned by 45° it needs "
        f"{_count(at(1, 'AdaGrad'))}, descent {_count(at(1, 'descent'))}.",
    ]
    left = parts["dying"].left.median("seed").isel(step=slice(-100, None)).mean("step")
    begun = parts["dying"].left.median("seed").isel(step=slice(9, 30)).mean("step")
    fading = {
        str(name): float(left.sel(optimizer=name) / begun.sel(optimizer=name))
        for name in left.optimizer.values
    }
    dies = fading["AdaGrad"] < 0.25 and min(v for k, v in fading.items() if k != "AdaGrad") > 0.25
    lines.append(
        f"- *AdaGrad's rate dies out, RMSProp's and Adam's do not.* **{held(dies)}**: after "
        f"{parts['dying'].sizes['step']:,} updates the rate left is, relative to updates 10–30, "
        + ", ".join(f"{name} {value:.2g}" for name, value in fading.items())
        + "."
    )
    length = parts["correction"].length
    plain, right = (length.sel(rule=k) for k in ("uncorrected", "corrected"))
    lines.append(
        "- *Without bias correction Adam's first steps are too long.* "
        f"**{held(float(plain[0]) > 2)}**: the first is {float(plain[0]):.2f} η, the longest "
        f"{float(plain.max()):.2f} η (update {int(np.argmax(plain.values)) + 1}); with it "
        f"{float(right.max()):.2f} η throughout."
    )
    loss = parts["epsilon"].loss.mean("seed")
    loss = loss.where(np.isfinite(loss), np.inf)
    best, rate = loss.min("learning_rate"), loss.idxmin("learning_rate")
    grow = float(rate[-1] / rate[0])
    lines.append(
        f"- *A larger ε wants a larger rate (the limit is momentum at η/ε).* **{held(grow > 5)}**: "
        + "; ".join(
            f"ε = {eps:g} best at η = {float(rate.sel(eps=eps)):.2g} with loss "
            f"{float(best.sel(eps=eps)):.3f}"
            for eps in loss.eps.values.tolist()
        )
        + "."
    )
    return "\n".join(lines) + "\n"


def _count(updates: float) -> str:
    return f"{updates:.0f}" if np.isfinite(updates) else "more than the budget"
