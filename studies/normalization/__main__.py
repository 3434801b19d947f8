"""What does batch normalization buy, at which batch size, and at what price?

Digits, a shallow ReLU net and a deep sigmoid net under SGD with momentum: the advantage over no
normalization against the batch size, with layer normalization beside it; the learning
rates that can be used; the scale of the initial weights; the depth from which it pays; and how far
inference with running averages is from training with the batch's own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from studies.normalization import report
from studies.normalization.runs import (
    Bench,
    Net,
    by_batch_size,
    by_rate,
    gap,
    last,
    matched,
    source,
    tuned,
)

NETS = {
    "3-layer ReLU": Net(3, "relu", "he_normal"),
    "10-layer sigmoid": Net(10, "sigmoid", "glorot_normal"),
}
DEPTHS = (1, 3, 6, 10)
SIZES = (1, 4, 16, 64, 256)
RATES = tuple(float(r) for r in np.geomspace(3e-4, 1.0, 8))  # tried for each batch size
WIDE = tuple(float(r) for r in 10 ** np.linspace(-3.5, 0.5, 9))  # of which some can be used
SCALES = tuple(float(s) for s in 10 ** np.linspace(-1.5, 1.5, 7))  # of initial kernels
RUNNING = (0.9, 0.99)  # usual momenta of running averages
BATCH = 32
BESIDE = {
    "3-layer ReLU": ("none", "batch", "layer"),
    "10-layer sigmoid": ("none", "batch", "layer"),
}


@dataclass(frozen=True)
class Normalization(Flags):
    """Flags of the study of normalization."""


def run(flags: Normalization) -> None:
    """Train, compare, draw."""
    folder = Folder(flags, "normalization")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "normalization"), folder)
        return
    smoke = flags.smoke
    bench = Bench(
        width=8 if smoke else 32,
        epochs=1 if smoke else 10,
        rates=RATES[4:5] if smoke else RATES,
        tuning=2,
        seeds=flags.seeds or (2 if smoke else 16),
    )
    nets = {"3-layer ReLU": Net(1, "relu", "he_normal")} if smoke else NETS
    few = slice(3, 5) if smoke else slice(None)
    rates, scales = WIDE[few], SCALES[few]
    sizes = SIZES[2:3] if smoke else SIZES
    told = {
        "smoke": smoke, "width": bench.width, "epochs": bench.epochs, "rates": list(bench.rates),
        "tuning": bench.tuning, "seeds": bench.seeds, "batch": BATCH, "nets": list(nets),
        "rows": len(source().prepare(0).train),
    }  # fmt: skip
    plan: dict[str, Callable[[], xr.Dataset]] = {}
    for name, net in nets.items():
        norms = BESIDE[name][: 2 if smoke else None]
        of, label = (bench, net, norms), _label(name)
        plan |= {
            f"{label}_batch_size": lambda of=of: by_batch_size(*of, sizes),
            f"{label}_rates": lambda of=of: by_rate(*of, rates, BATCH),
            f"{label}_init": lambda of=of: by_scale(*of, scales),
        }
    if not smoke:
        plan["depth"] = lambda: by_depth(bench)
        plan["running"] = lambda: running(bench, NETS["3-layer ReLU"])
    parts = {label: once(folder, label, told, make) for label, make in plan.items()}
    report.draw(folder.finish(parts, told), folder)


def _label(name: str) -> str:
    return name.replace("-", "_").replace(" ", "_")


def by_scale(bench: Bench, net: Net, norms: tuple[str, ...], scales: tuple[float, ...]):
    """Accuracy when initial kernels are multiplied, each norm at its rate for the usual ones."""
    rows = []
    for norm in norms:
        task = bench.task(net, norm, matched(bench.updates(BATCH)))
        swept = bench.sweep(
            task,
            bench.report_seeds(),
            BATCH,
            axes={"learning_rate": [bench.chosen(task, BATCH)], "init_scale": list(scales)},
        ).isel(optimizer=0, learning_rate=0)
        rows.append(last(swept, "accuracy"))
    return xr.Dataset(
        {"accuracy": (("norm", "scale", "seed"), np.array(rows))},
        {"norm": list(norms), "scale": list(scales)},
    )


def by_depth(bench: Bench) -> xr.Dataset:
    """ReLU nets of `DEPTHS`: accuracy, and how much better training rows are known: seeds last."""
    norms = ("none", "batch", "batch, after")
    accuracy, overfit = [], []
    for norm in norms:
        found = [tuned(bench, Net(depth, "relu", "he_normal"), norm, BATCH)[0] for depth in DEPTHS]
        accuracy.append([last(swept, "accuracy") for swept in found])
        overfit.append([last(swept, "loss") - _training_loss(swept) for swept in found])
    dims = ("norm", "layers", "seed")
    return xr.Dataset(
        {"accuracy": (dims, np.array(accuracy)), "overfit": (dims, np.array(overfit))},
        {"norm": list(norms), "layers": list(DEPTHS)},
    )


def _training_loss(swept: xr.Dataset) -> np.ndarray:
    """Of batches in the last tenth, in inference mode, as validation rows are judged: [S]."""
    inference = swept.probe_inference.transpose("seed", "probe_step").values.astype(float)
    return inference[:, -max(1, inference.shape[1] // 10) :].mean(-1)


def running(bench: Bench, net: Net) -> xr.Dataset:
    """The gap between modes with running averages of usual memory, and of matched one."""
    found, labels = [], [f"{m:g}" for m in RUNNING] + ["matched"]
    for momentum in (*RUNNING, None):
        row = [tuned(bench, net, "batch", size, momentum)[0] for size in (32, 256)]
        found.append([(gap(swept), last(swept, "accuracy")) for swept in row])
    values = np.array(found)  # [momentum, batch size, (gap, accuracy), S]
    dims = ("momentum", "batch_size", "seed")
    return xr.Dataset(
        {"gap": (dims, values[:, :, 0]), "accuracy": (dims, values[:, :, 1])},
        {"momentum": labels, "batch_size": [32, 256]},
    )


if __name__ == "__main__":
    main(Normalization, run)
