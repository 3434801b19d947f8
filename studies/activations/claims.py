"""Claims about activations: what saturates, what dies and how to prevent it, what wins."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from lab.plots.names import plain
from lab.statistics import holm_intervals, mean_interval, usable_decades
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, span
from lab.study.families import family
from studies.activations.runs import Activations

NEVER = 1.0  # % of dead units, of which there are none but for a few
ALIKE = 1.0  # points of accuracy that do not matter
POINTS = "+z.1f"
SAID = {"sgd": "SGD", "adam": "Adam"}
GROUPS = (
    ("depth_wasted", "Without a bend or without a slope depth is wasted",
     ("step", "linear"), -np.inf, 0.0, "textbooks"),
    ("relu_beats_saturating", "ReLU beats saturating units",
     ("sigmoid", "hard_sigmoid", "tanh"), -np.inf, 0.0, "Glorot, Bordes & Bengio 2011"),
    ("descendants_win", "Smooth descendants (GELU, swish, mish) beat ReLU",
     ("gelu", "swish", "mish"), 0.0, np.inf, "textbooks"),
)  # fmt: skip


def claims(record: Record[Activations]) -> Iterator[Claim]:
    """Of the page."""
    yield from _saturation(record)
    yield from _killing(record)
    yield from _remedies(record)
    yield from _outcome(record)


def tables(record: Record[Activations]) -> dict[str, Table]:
    """What each activation does to a gradient, and how far it gets."""
    depths = record.settings.depths
    header = ["activation", "slope at 0", "largest slope", "gradient ×"]
    header += [f"{d} layers: {what}" for d in depths for what in ("test accuracy", "rate")]
    rows = []
    for name, part in record.under("outcome").items():
        shape = record["shapes"].sel(activation=name)
        slopes = shape.slope.sel(x=0, method="nearest"), shape.slope.max(), shape.factor
        row = [plain(name), *(f"{float(x):.2f}" for x in slopes)]
        for depth in depths:
            one = part.sel(layers=depth)
            mean, low, _ = mean_interval(100 * one.accuracy.values)
            edge = " (edge)" if bool(one.at_edge) else ""
            row += [f"{mean:.1f} ± {mean - low:.1f} %", f"{float(one.rate):.2g}{edge}"]
        rows.append(row)
    return {"table": Table(header, rows, "Mean ± half of the 95 % t interval, over seeds.")}


def _saturation(record: Record[Activations]) -> Iterator[Claim]:
    """Whether large weights saturate, whether that costs accuracy, and whether training does."""
    part = record["saturation"].transpose("activation", "scale", "updates", "seed", ...)
    names, large = part.activation.values.tolist(), f"{float(part['scale'][-1]):g} times"
    share, accuracy = 100 * part.saturated.mean("layer").values, 100 * part.accuracy.values
    usual = int(np.abs(np.log(part["scale"].values)).argmin())
    yield from family(
        "weights_saturate", "Large initial weights saturate units",
        dict(zip(names, share[:, -1, 0] - share[:, usual, 0])), "seeds", low=0, digits=POINTS,
        says=[
            f"at {large} Glorot's {x:.1f} % are saturated at the start, {{}} points more than at "
            "the usual scale" for x in share[:, -1, 0].mean(-1)
        ],
    )  # fmt: skip
    yield from family(
        "saturated_is_worse", "A saturated net ends worse, its rate tuned too",
        dict(zip(names, accuracy[:, usual] - accuracy[:, -1])), "seeds", low=0, digits=POINTS,
        says=[
            f"{x:.1f} % correct at the usual scale, {{}} points more than at {large}"
            for x in accuracy[:, usual].mean(-1)
        ],
    )  # fmt: skip
    yield from family(
        "training_saturates", "Training itself saturates units, at the usual scale",
        dict(zip(names, share[:, usual, -1] - share[:, usual, 0])), "seeds", low=0, digits=POINTS,
        says="{} points more saturated at the end than at the start",
    )  # fmt: skip


def dead(record: Record[Activations], name: str, rule: str, bias: float = 0.0) -> np.ndarray:
    """% of all hidden units at the end: [rates, seeds]."""
    part = record[f"dying/{name}"].dead.sel(optimizer=rule, bias=bias, when="end")
    return 100 * part.mean("layer").transpose("learning_rate", "seed").values


def _killing(record: Record[Activations]) -> Iterator[Claim]:
    """Whether large rates kill ReLUs, and biases do or save them."""
    s, relu = record.settings, record["dying/relu"].sel(bias=0.0)
    rates, killed, said = np.array(s.deadly_rates), {}, []
    for rule in s.killers:
        share, mine = dead(record, "relu", rule), relu.sel(optimizer=rule)
        best = int(mine.accuracy.mean("seed").argmax("learning_rate"))
        beyond = int(np.abs(np.log(rates / (10 * rates[best]))).argmin())
        killed[SAID[rule]] = share[beyond] - share[best]
        layers = mine.dead.sel(when="end").isel(learning_rate=beyond).mean("seed").values
        said.append(
            f"{share[best].mean():.1f} % dead at its best rate, {rates[best]:.2g}, and {{}} points "
            f"more at {rates[beyond]:.2g} (layer by layer {', '.join(f'{x:.0%}' for x in layers)})"
        )
    yield from family("rate_kills", "Too large a rate kills ReLUs", killed, "seeds", low=0,
                      digits=POINTS, says=said)  # fmt: skip
    for name, effect, sign, word in (("bias_kills", "kills ReLUs for good", 1, "more"),
                                     ("bias_saves", "keeps ReLUs alive", -1, "fewer")):  # fmt: skip
        gaps = {
            f"bias {bias:g}, {SAID[rule]}":
                sign * (dead(record, "relu", rule, bias) - dead(record, "relu", rule)).mean(0)
            for rule in s.killers for bias in s.biases if sign * bias < 0
        }  # fmt: skip
        yield from family(name, f"An initial bias {effect}", gaps, "seeds", low=0, digits=POINTS,
                          says=f"{{}} points {word} dead at the end than with 0, mean over all "
                          "rates")  # fmt: skip


def _remedies(record: Record[Activations]) -> Iterator[Claim]:
    """Whether other activations cannot die, and train at more rates."""
    s = record.settings
    cells = [(name, rule) for rule in s.killers for name in s.remedies]
    where = [f"{plain(name)}, {SAID[rule]}" for name, rule in cells]

    def decades(name: str, rule: str) -> np.ndarray:
        accuracy = record[f"dying/{name}"].accuracy.sel(optimizer=rule, bias=0.0)
        values = accuracy.transpose("seed", "learning_rate").values
        return usable_decades(values, s.deadly_rates, s.usable)

    worst = [dead(record, *cell).max(0) for cell in cells]
    yield from family(
        "cannot_die", "Units of a remedy cannot die", dict(zip(where, worst)), "seeds", high=NEVER,
        digits=".1f", says=f"{{}} % dead at the worst rate (below {NEVER:g} % would hold)",
    )  # fmt: skip
    wider = [decades(*cell) - decades("relu", cell[1]) for cell in cells]
    yield from family(
        "widens", f"A remedy widens the range of rates that reach {s.usable:.0%}",
        dict(zip(where, wider)), "seeds", low=0, digits="+.2f",
        says=[
            f"by {{}} decades over ReLU's {decades('relu', rule).mean():.2f}" for _, rule in cells
        ],
    )  # fmt: skip


def _outcome(record: Record[Activations]) -> Iterator[Claim]:
    """Every activation against ReLU; what is said of all of them and all depths holds together."""
    parts, depths = record.under("outcome"), record.settings.depths
    accuracy = {n: 100 * p.accuracy.transpose("layers", "seed").values for n, p in parts.items()}
    names = [name for name in accuracy if name != "relu"]
    every = holm_intervals(np.concatenate([accuracy[name] - accuracy["relu"] for name in names]))
    for i, depth in enumerate(depths):
        gaps = Interval(*(v[i :: len(depths)] for v in every))  # by name
        over: dict[str, Any] = {
            "n": record.settings.seeds, "unit": "seeds", "where": f"{depth} layers"
        }  # fmt: skip
        for key, statement, group, low, high, source in GROUPS:
            rows = [k for k, name in enumerate(names) if name in group]
            if rows:
                mine = Interval(*(v[rows] for v in gaps))
                ends = ((mine.low > low) & (mine.high < high)).sum()
                shown = ", ".join(plain(names[k]) for k in rows)
                yield Claim(
                    f"{key}_{depth}", statement, mine, low=low, high=high, source=source, **over,
                    says=f"{ends} of {len(rows)} ({shown}) end {'below' if low < 0 else 'above'} "
                    "ReLU",
                )  # fmt: skip
        cells = [(plain(name), Interval(*gap)) for name, *gap in zip(names, *gaps)]
        better, worse = (
            ", ".join(f"{n} {span(x, '+.1f')} points" for n, x in cells if side(x)) or "none"
            for side in (lambda x: x.low > 0, lambda x: x.high < 0)
        )
        unsure = ", ".join(n for n, x in cells if x.low <= 0 <= x.high) or "none"
        yield Claim(
            f"no_matter_{depth}",
            f"The activation hardly matters: all end within {ALIKE:g} point of ReLU", gaps,
            low=-ALIKE, high=ALIKE, says=f"ReLU {accuracy['relu'][i].mean():.1f} % correct; better "
            f"{better}; worse {worse}; not to be told apart {unsure}", **over,
        )  # fmt: skip
