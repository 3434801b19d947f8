"""Does the best optimizer depend on how much each is tuned?

Random search for each optimizer over its own space, on many splits: the test loss of the best of k
trials against k. Then every optimizer as it comes, and all of them over one range of rates.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import xarray as xr

from lab.search import Float, Space
from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from studies.budget_matters import report, runs
from studies.budget_matters.runs import Arm


def _rates(low: float, high: float) -> Float:
    return Float(low, high, log=True)


NARROW = Space({"learning_rate": _rates(1e-4, 1e-2)})
# Ranges of rates are those of the catalogue, but for Adam with four numbers, which is to be bold;
# defaults are those of Keras 3.
ARMS = {
    "SGD": Arm("sgd", Space({"learning_rate": _rates(1e-3, 1e1)}), {"learning_rate": 0.01}),
    "momentum, 2 numbers": Arm(
        "momentum",
        Space({"learning_rate": _rates(1e-4, 1e0), "momentum": Float(0.0, 0.99)}),
        {"learning_rate": 0.01, "momentum": 0.9},
    ),
    "Adam, rate only": Arm(
        "adam", Space({"learning_rate": _rates(1e-4, 1e-1)}), {"learning_rate": 0.001}
    ),
    "Adam, 4 numbers": Arm(
        "adam",
        Space({
            "learning_rate": _rates(1e-5, 1e0), "b1": Float(0.0, 0.99), "b2": Float(0.8, 0.9999),
            "eps": _rates(1e-10, 1e0),
        }),
        {"learning_rate": 0.001},
    ),
    "RMSProp": Arm(
        "rmsprop", Space({"learning_rate": _rates(1e-5, 1e-1)}), {"learning_rate": 0.001}
    ),
    "AdaGrad": Arm(
        "adagrad", Space({"learning_rate": _rates(1e-3, 1e0)}), {"learning_rate": 0.001}
    ),
}  # fmt: skip
PLAIN = ("SGD", "Adam, rate only", "RMSProp", "AdaGrad")  # of which only the rate is searched


@dataclass(frozen=True)
class BudgetMatters(Flags):
    """Flags of the study of tuning budgets; --seeds is the number of splits."""


def run(flags: BudgetMatters) -> None:
    """Search, look at the defaults, draw."""
    folder = Folder(flags, "budget_matters")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "budget_matters"), folder)
        return
    smoke = flags.smoke
    bench = runs.Bench(
        width=4 if smoke else 32,
        updates=4 if smoke else 300,
        splits=flags.seeds or (2 if smoke else 16),
        seeds=1 if smoke else 2,
    )
    arms = {name: ARMS[name] for name in (("SGD", "Adam, rate only") if smoke else ARMS)}
    trials = 3 if smoke else 32
    told = {
        "smoke": smoke, "width": bench.width, "updates": bench.updates, "splits": bench.splits,
        "seeds": bench.seeds, "trials": trials, "arms": list(arms),
        "plain": [name for name in PLAIN if name in arms], "narrow": str(NARROW),
        "spaces": {name: str(arm.space) for name, arm in arms.items()},
        "defaults": {name: arm.default for name, arm in arms.items()},
    }  # fmt: skip
    plan: dict[str, Callable[[], xr.Dataset]] = {}
    for name, arm in arms.items():
        plan[f"own/{name}"] = lambda a=arm: runs.searched(bench, a, trials)
        plan[f"default/{name}"] = lambda a=arm: runs.as_it_comes(bench, a)
    for name in told["plain"]:
        narrow = replace(arms[name], space=NARROW)
        plan[f"narrow/{name}"] = lambda a=narrow: runs.searched(bench, a, trials)
    parts = {
        label: once(folder, label.replace("/", "_").replace(" ", "_").replace(",", ""), told, make)
        for label, make in plan.items()
    }
    report.draw(folder.finish(parts, told), folder)


if __name__ == "__main__":
    main(BudgetMatters, run)
