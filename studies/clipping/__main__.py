"""What does clipping the gradient buy where gradients explode?

A recurrent net on the adding problem and a too-deep multi-layer perceptron, both begun so that
twelve factors of 1.5 multiply: without clipping, by value, per leaf, by global norm and relative
to the weights, at every rate of one grid: who trains, who survives, and who has loss spikes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from studies.clipping import report
from studies.clipping.runs import CLIPS, NETS, PLAIN, Bench, example, measured, unclipped

RATES = tuple(float(r) for r in np.geomspace(1e-3, 10.0, 9))


@dataclass(frozen=True)
class Clipping(Flags):
    """Flags of the study of clipping."""


def run(flags: Clipping) -> None:
    """Train, count, draw."""
    folder = Folder(flags, "clipping")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "clipping"), folder)
        return
    smoke = flags.smoke
    bench = Bench(
        updates=40 if smoke else 800,
        rates=RATES[3:5] if smoke else RATES,
        tuning=2 if smoke else 4,
        seeds=flags.seeds or (2 if smoke else 16),
        thresholds=2 if smoke else 3,
    )
    nets = list(NETS)[:1] if smoke else list(NETS)
    clips = ["global norm"] if smoke else list(CLIPS)
    told = {
        "smoke": smoke, "updates": bench.updates, "tuning": bench.tuning, "seeds": bench.seeds,
        "thresholds": bench.thresholds, "nets": nets, "clips": [PLAIN, *clips],
    }  # fmt: skip
    plan: dict[str, Callable[[], xr.Dataset]] = {"example": example}
    for net in nets:
        plan[f"{net}/{PLAIN}"] = lambda net=net: unclipped(bench, NETS[net])
        for clip in clips:
            plan[f"{net}/{clip.replace(' ', '_')}"] = lambda net=net, clip=clip: measured(
                bench, NETS[net], CLIPS[clip]
            )
    parts = {
        label: once(folder, label.replace("/", "_").replace(" ", "_"), told, make)
        for label, make in plan.items()
    }
    report.draw(folder.finish(parts, told), folder)


if __name__ == "__main__":
    main(Clipping, run)
