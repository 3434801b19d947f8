"""Tables, verdicts and figures of the study of clipping, from its record alone."""

import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.clipping import figures
from studies.clipping.runs import CLIPS, PLAIN
from studies.clipping.verdict import (
    BEFORE,
    SPIKE,
    TRAINED,
    decades,
    example_line,
    has_trained,
    net_lines,
    span,
    spike_rates,
    steepness,
)


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    parts = {
        net: {c: record[f"{net}/{c.replace(' ', '_')}"].to_dataset() for c in told["clips"]}
        for net in told["nets"]
    }
    example = record["example"].to_dataset()
    trained = {n: {c: has_trained(p) for c, p in clips.items()} for n, clips in parts.items()}
    counted = {n: {c: spike_rates(p) for c, p in clips.items()} for n, clips in parts.items()}
    shown = {net: _shown(clips) for net, clips in parts.items()}
    how = (
        f"SGD, batch 32, {told['updates']:,} updates, {told['seeds']} fresh seeds at every rate; "
        f"of each clip the one of {told['thresholds']} thresholds with the most progress over all "
        f"rates on {told['tuning']} other seeds. Recurrent: adding problem, 12 steps, 16 ReLUs, "
        "orthogonal × 1.5. MLP: digits, 12 layers of 32 ReLUs, He × 1.5"
    )
    level = f"≥ {TRAINED:.0%} of the way"
    texts = {
        "cliffs": f"{how}. Left, middle: one seed, the one with the median ratio of largest to "
        "median norm, at the rate that is best without clipping; dotted: the threshold; cross: "
        "diverged. Top right: −9 after one update of 0.1 · 100; thresholds 1 (adaptive 0.1). "
        "Bottom right: mean over seeds.",
        "survival": f"{how}. Trained: the validation metric at the end is at least half of the way "
        f"from guessing to perfection. Spike: a batch's loss above {SPIKE:g} times the median of "
        f"the {BEFORE} before, a stretch counted once, per 1,000 updates taken. Bars: 95 % Wilson "
        "intervals; bands: 95 % t intervals. Lines are drawn a little apart.",
    }
    plots.save(figures.cliffs(parts, example, shown, texts["cliffs"]), folder.path / "cliffs.png")
    plots.save(
        figures.survival(parts, trained, counted, texts["survival"], level),
        folder.path / "survival.png",
    )
    header, rows = _table(parts, counted, told["thresholds"])
    lines = [example_line(example)]
    for net, clips in parts.items():
        lines += net_lines(figures.TITLES[net], clips)
    verdict = "\n".join(lines)
    text = (
        f"# Clipping\n\n{markdown(header, rows)}\n{how}. Edge: the smallest or largest threshold "
        f"tried.\n\n## Verdict\n\n{verdict}\n"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _shown(clips: dict[str, xr.Dataset]) -> tuple:
    rate = float(clips[PLAIN].tuned_rate)
    steep = steepness(clips[PLAIN], rate)
    middle = np.argsort(steep)[len(steep) // 2]
    clipped = "global norm"
    return PLAIN, clipped, rate, clips[PLAIN].seed.values[middle]


def _table(parts, counted, count: int):
    header = [
        "net", "clipping", "threshold", "best rate", "progress there", "decades trained",
        "decades not diverged", "spikes per 1,000",
    ]  # fmt: skip
    rows = []
    for net, clips in parts.items():
        for clip, part in clips.items():
            tried = CLIPS[clip].thresholds[:count] if clip in CLIPS else ()
            rates = part.learning_rate.values
            at = int(np.argmin(np.abs(rates - float(part.tuned_rate))))
            found = (
                (part.progress.values[at], ".0%"),
                (decades(has_trained(part), rates), ".2f"),
                (decades(part.diverged_at.values < 0, rates), ".2f"),
                (counted[net][clip].mean(0), ".1f"),
            )
            shown = [
                span(Interval(*statistics.mean_interval(values)), form) for values, form in found
            ]
            rows.append(
                [figures.TITLES[net], clip, _threshold(part, tried), f"{rates[at]:.2g}", *shown]
            )
    return header, rows


def _threshold(part: xr.Dataset, tried: tuple[float, ...]) -> str:
    chosen = float(part.threshold)
    edge = " (edge)" if chosen in (min(tried, default=0), max(tried, default=0)) else ""
    return f"{chosen:g}{edge}" if np.isfinite(chosen) else "–"
