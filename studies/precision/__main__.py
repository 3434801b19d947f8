"""Where do 16 bits break training, and what does a loss scale, or a scaled input, repair?

What formats can hold; the softmax as its formula stands and as it should be computed; a network
trained in float32, float16, bfloat16 and mixtures, at every loss scale from 2⁻²⁴ to 2²⁴, static and
dynamic; and the updates that badly scaled inputs cost descent, heavy ball and Adam.
"""

from dataclasses import dataclass

import numpy as np

from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from studies.precision import report
from studies.precision.numbers import RULES, softmax_table, steps_to_target
from studies.precision.runs import RATES, WAYS, WIDTHS, trained

FEW = ("float32", "mixed float16, static scale")  # of a smoke form
LOGITS = tuple(float(z) for z in np.geomspace(1, 1000, 40))


@dataclass(frozen=True)
class Precision(Flags):
    """Flags of the study of precision."""


def run(flags: Precision) -> None:
    """Tabulate, train, draw."""
    folder = Folder(flags, "precision")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "precision"), folder)
        return
    smoke = flags.smoke
    told = {
        "smoke": smoke, "epochs": 1 if smoke else 12, "batch": 32, "tuning": 2 if smoke else 4,
        "widths": [8] if smoke else list(WIDTHS), "rates": list(RATES[2:3] if smoke else RATES),
        "seeds": flags.seeds or (2 if smoke else 16),
        "exponents": [-24, 0, 24] if smoke else list(range(-24, 25, 4)),
        "conditions": [1.0, 10.0] if smoke else [1.0, 10.0, 100.0, 1000.0],
        "input_rates": [0.3] if smoke else [float(r) for r in np.geomspace(0.003, 3, 7)],
        "steps": 100 if smoke else 4000, "target": 1e-3,
    }  # fmt: skip
    sizes = LOGITS[::8] if smoke else LOGITS
    plan = {
        "softmax": lambda: softmax_table(sizes, 20 if smoke else 200),
        "trained": lambda: trained(told, FEW if smoke else WAYS),
        "inputs": lambda: steps_to_target(told, list(RULES)[: 1 if smoke else None]),
    }
    parts = {label: once(folder, label, told, make) for label, make in plan.items()}
    report.draw(folder.finish(parts, told), folder)


if __name__ == "__main__":
    main(Precision, run)
