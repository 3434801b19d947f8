"""Pictures of precision: loss scales, lost gradients, broken softmaxes, badly scaled inputs."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from lab.plots.style import COLOURS, DASHES, GREY, caption, plain_ticks, style
from lab.statistics.intervals import mean_interval
from lab.study import Record
from studies.precision.settings import BFLOAT, DYNAMIC, REFERENCE, STATIC, Precision

MARKERS = ("o", "s", "^", "D")


def figures(record: Record[Precision]) -> dict[str, Figure]:
    """With what they show written below."""
    s, trained = record.settings, record["trained"]
    updates = trained.attrs["updates"]
    return {
        "scales": loss_scales(
            trained,
            [way for way in (STATIC, DYNAMIC, BFLOAT) if way in s.ways],
            f"Digits, 64-{'-'.join(map(str, s.widths))}-10 ReLU, SGD with momentum 0.9 and η = "
            f"{trained.attrs['rate']:.2g} (the best of {s.rates} for float32 on {s.tuning} tuning "
            f"seeds), batch {s.batch}, {updates} updates; {s.seeds} fresh seeds; mean, 95 % t "
            "interval. Updates whose gradient is not finite are skipped; the dynamic scale halves "
            f"there and doubles after {max(1, updates // 50)} finite ones.",
        ),
        "numbers": numbers(
            record["softmax"],
            record["inputs"],
            "Left, middle: uniform random logits of 10 classes with this largest size, every "
            "operation in the format named; float32 and bfloat16 overflow together. Right: linear "
            f"regression on {s.features} inputs, full batches, the best of {s.input_rates} rates "
            f"at each κ, geometric mean over {s.seeds} true weights, 95 % t interval.",
        ),
    }


def loss_scales(trained: xr.Dataset, scaled: list[str], text: str) -> Figure:
    """Accuracy and lost gradients against the loss scale; the dynamic scale on its way."""
    with style():
        figure, (left, middle, right) = plt.subplots(
            1, 3, figsize=(12.2, 3.9), layout="constrained"
        )
        exponent = trained.exponent.values
        plain = trained.accuracy.sel(way=REFERENCE).isel(exponent=0).values
        _, low, high = map(float, mean_interval(100 * plain))
        left.axhspan(low, high, color=GREY, alpha=0.8, lw=0, label=REFERENCE)
        for k, way in enumerate(scaled):
            mine = trained.sel(way=way).transpose("exponent", "seed", "update")
            _line(left, exponent, mean_interval(100 * mine.accuracy.values), k, way)
            _line(middle, exponent, mean_interval(100 * mine.lost.values), k, way)
        left.set(ylim=(0, 103), ylabel="validation accuracy, %", title="Training")
        middle.set(
            ylim=(-3, 103), ylabel="gradient entries that become 0, %", title="What underflows"
        )
        left.legend(fontsize=8, loc="center")
        for axes in (left, middle):
            axes.set_xlabel("loss scale (dynamic: the first one)")
            _powers(axes.xaxis)
        dynamic = trained.sel(way=scaled[:2][-1])
        for k, at in enumerate(exponent[:: max(1, len(exponent) // 4)]):
            path = np.log2(dynamic.scale_at.sel(exponent=at).transpose("update", "seed").values)
            mean, low, high = mean_interval(path)
            right.plot(
                trained["update"], mean, color=COLOURS[k], ls=DASHES[k], label=f"from $2^{{{at}}}$"
            )
            right.fill_between(trained["update"], low, high, color=COLOURS[k], lw=0, alpha=0.25)
        _powers(right.yaxis)
        right.set(xlabel="updates", ylabel="loss scale", title="The dynamic scale finds its place")
        right.legend(fontsize=8, ncols=2)
        caption(figure, text)
    return figure


def numbers(softmax: xr.Dataset, inputs: xr.Dataset, text: str) -> Figure:
    """Softmaxes that break, how exact the others are, and updates against conditioning."""
    with style():
        figure, (left, middle, right) = plt.subplots(
            1, 3, figsize=(12.2, 3.9), layout="constrained"
        )
        for k, name in enumerate(softmax.format.values.tolist()):
            mine = softmax.sel(format=name)
            for form, dash, wide in (("naive", "-", 1.7), ("stable", ":", 2.4)):
                label = f"{name}, {form}"
                look = {"color": COLOURS[k], "ls": dash, "lw": wide, "label": label}
                left.plot(softmax["size"], 100 * mine.broken.sel(form=form), **look)
                error = np.maximum(mine.error.sel(form=form), 1e-9)
                middle.plot(softmax["size"], error, **look)
        left.set(
            xscale="log",
            ylim=(-3, 103),
            xlabel="largest |logit|",
            ylabel="cross-entropies not finite, %",
            title="Overflow and underflow",
        )
        middle.set(
            xscale="log",
            yscale="log",
            xlabel="largest |logit|",
            ylabel="worst relative error of finite ones",
            title="How exact",
        )
        for axes in (left, middle):
            plain_ticks(axes.xaxis, 4, subs=(1.0,))
        middle.legend(fontsize=7.5, loc="center", bbox_to_anchor=(0.5, 0.45))
        condition = inputs.condition.values
        for k, rule in enumerate(inputs.rule.values.tolist()):
            steps = inputs.steps.sel(rule=rule).transpose("condition", "seed").values
            shown = np.where(np.isfinite(steps), np.log(np.maximum(steps, 1)), np.inf)
            mean, low, high = (np.exp(v) for v in mean_interval(shown))
            _line(right, condition, (mean, low, high), k, rule)
        for power, words in ((1.0, "∝ κ"), (0.5, "∝ √κ")):
            right.plot(condition, 3 * condition**power, color="black", lw=0.8, ls=":")
            right.annotate(
                words, (condition[-1], 3 * condition[-1] ** power), fontsize=8.5,
                xytext=(4, 0), textcoords="offset points", va="center",
            )  # fmt: skip
        right.set(
            xscale="log",
            yscale="log",
            xlabel="condition number κ of the inputs' covariance",
            ylabel="updates to a thousandth of the loss",
            title="Badly scaled inputs",
        )
        right.margins(x=0.12)
        for axis in (right.xaxis, right.yaxis):
            plain_ticks(axis, 4, subs=(1.0,))
        right.legend(fontsize=8.5)
        caption(figure, text)
    return figure


def _line(axes: Axes, x: np.ndarray, interval, k: int, label: str) -> None:
    mean, low, high = interval
    error = [np.where(np.isfinite(mean), d, 0) for d in (mean - low, high - mean)]
    axes.errorbar(
        x, mean, yerr=error, color=COLOURS[k], ls=DASHES[k], marker=MARKERS[k], ms=4, lw=1.3,
        capsize=2.5, label=label,
    )  # fmt: skip


def _powers(axis) -> None:
    axis.set_major_locator(MultipleLocator(8))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"$2^{{{value:.0f}}}$"))
