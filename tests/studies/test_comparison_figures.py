"""Figures of an optimizer comparison: what is drawn, and that it can be read."""

import warnings
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.text import Text

from lab import plots, statistics
from lab.statistics import Interval, TimeToTarget
from studies.optimizers.curves import learning_curves, rate_sensitivity
from studies.optimizers.grids import rank_plot, schedule_heat
from studies.optimizers.ranking import ranking as loss_ranking
from studies.optimizers.reaching import performance_profiles, survival_curves

COUNTS, TASKS = (2, 10, 44), ("digits", "breast_cancer", "mnist1d")
CASES = (
    (2, 1),
    (10, 3),
    pytest.param(44, 1, marks=pytest.mark.slow),
    pytest.param(44, 3, marks=pytest.mark.slow),
)
TEXT = "Budget: 20 epochs (673 updates); mean over 12 fresh seeds on 5 splits. " * 3
BASELINES = {
    "constant": 2.3,
    "linear": 0.22,
    "gradient boosting": 0.31,
    "nearest neighbours": np.inf,
}


def labels(count):
    return [name for name, _ in zip(_names(), range(count))]


def _names():
    yield from ("adam", "sgd", "schedule_free_adamw", "lion", "rmsprop", "adagrad", "novograd")
    for i in range(100):
        yield f"optimizer_{i}"


def rng(task):
    return np.random.default_rng(len(task))


def curve(i, noise):
    """A falling loss; the last but one optimizer explodes, the last diverges."""
    at = np.linspace(0, 20_000, 21)
    loss = 2.3 * np.exp(-at / (4_000 + 800 * i)) + 0.1 * (1 + 0.1 * i) * np.exp(noise)
    return at, Interval(loss, loss * 0.9 - 0.05, loss * 1.1 + 0.05)


def learning(count, tasks):
    def lines(task):
        found = {n: curve(i, 0.1 * rng(task).normal()) for i, n in enumerate(labels(count))}
        at, explodes = found[labels(count)[-1]]
        loss = np.where(np.arange(21) < 6, explodes.estimate * 10.0 ** np.arange(21), np.inf)
        return found | {labels(count)[-1]: (at, Interval(loss, loss, loss))}

    schedules = ("cosine_decay_schedule", "constant_schedule")
    curves = {task: {s: lines(task) for s in schedules} for task in TASKS[:tasks]}
    return learning_curves(curves, plots.looks(labels(count)), "training examples", TEXT)


def rates(count, tasks):
    def lines(task):
        found = {}
        for i, name in enumerate(labels(count)):
            rate = np.geomspace(1e-4, 1, 12) * 3.0 ** (i % 3)
            bowl = 0.2 + 0.05 * i + 0.3 * (np.log10(rate) + 2) ** 2
            losses = bowl[:, None] * np.exp(0.1 * rng(task).normal(size=(12, 15)))
            losses[-1:] = np.inf
            found[name] = rate, losses
        found[labels(count)[-1]] = rate, np.full((12, 15), np.inf)
        return found

    tunings = {task: lines(task) for task in TASKS[:tasks]}
    chosen = {k: {n: float(rate[6]) for n, (rate, _) in v.items()} for k, v in tunings.items()}
    untrained = dict.fromkeys(tunings, 2.3)
    return rate_sensitivity(tunings, chosen, untrained, plots.looks(labels(count)), TEXT)


def ranking(count, tasks):
    def losses(task):
        middle = 0.2 * np.exp(0.3 * np.sort(rng(task).exponential(size=count)))
        middle[-1] = np.inf
        half = 0.03 * np.ones(count)
        return labels(count), Interval(middle, middle - half, middle + half)

    intervals = {task: losses(task) for task in TASKS[:tasks]}
    tied = {task: labels(count)[:2] for task in intervals}
    return loss_ranking(intervals, tied, dict.fromkeys(intervals, BASELINES), TEXT)


def survival(count, tasks):
    def lines(task):
        draws, found = rng(task), {}
        for i, name in enumerate(labels(count)):
            times = draws.gamma(8, 600 * (1 + i / 8), 60)
            hit = (times < 21_000) & (i != count - 1) & (i != 1)
            found[name] = TimeToTarget(np.where(hit, times, 21_536), hit)
        return found

    curves = {task: lines(task) for task in TASKS[:tasks]}
    target = dict.fromkeys(curves, 0.2309)
    look = plots.looks(labels(count))
    return survival_curves(curves, look, target, "training examples", TEXT)


def profile(count, tasks):
    times = rng("abc").gamma(8, np.linspace(1, 3, count)[:, None], (count, 5 * tasks))
    times[-1] = np.inf
    ratios = statistics.performance_ratios(times)
    score = statistics.profile_score(ratios)
    look, ratios = plots.looks(labels(count)), dict(zip(labels(count), ratios))
    return performance_profiles(ratios, look, Interval(score, 0.8 * score, 1.1 * score), TEXT)


def best_of(count, tasks):
    def lines(task):
        found = {}
        for i, name in enumerate(labels(count)):
            k = np.arange(1, 13)
            fall = np.exp(-k / (1.5 + 0.2 * i))
            loss = 0.12 + 0.01 * i + (1.5 + 0.3 * rng(task).normal()) * fall
            loss[: (i % 3) * 2] = np.inf
            loss[:] = np.inf if i == count - 1 else loss
            found[name] = Interval(loss, loss - 0.05, loss + 0.05)
        return found

    curves = {task: lines(task) for task in TASKS[:tasks]}
    return plots.best_of_curves(curves, plots.looks(labels(count)), TEXT)


def heat(count, tasks, schedules=3):
    names = ["cosine_decay_schedule", "constant_schedule", "warmup_cosine_decay_schedule", "linear"]

    def losses(task):
        values = 0.12 * np.exp(rng(task).exponential(0.7, size=(count, schedules)))
        values[-1] = np.inf
        values[0, -1] = np.inf
        coords = {"optimizer": labels(count), "schedule": names[:schedules]}
        return xr.DataArray(values, coords, ("optimizer", "schedule"))

    return schedule_heat({task: losses(task) for task in TASKS[:tasks]}, TEXT)


def ranks(count, tasks):
    def places(task):
        drawn = np.arange(count)[:, None] + rng(task).normal(0, 1.2, (count, 500))
        place = np.argsort(np.argsort(drawn, 0), 0)
        chance = np.stack([(place == j).mean(1) for j in range(count)], 1)
        order = rng(task).permutation(count)
        return [labels(count)[i] for i in order], chance[order]

    middle = np.linspace(1.2, count - 0.3, count)
    overall = Interval(middle, np.maximum(middle - 0.8, 1), np.minimum(middle + 0.8, count))
    return rank_plot({t: places(t) for t in TASKS[:tasks]}, (labels(count), overall), TEXT)


def confusion(count, tasks):
    def matrix(task):
        shares = rng(task).uniform(0, 1, (count, count)) ** 8 / count + 3 * np.eye(count)
        shares[0, 1:] = 0
        shares[-1] = 0
        return "schedule_free_adamw", 40 * shares

    return plots.confusions({task: matrix(task) for task in TASKS[:tasks]}, TEXT)


DRAWN = {
    "curves": learning, "rates": rates, "ranking": ranking, "survival": survival,
    "profile": profile, "best_of": best_of, "heat": heat, "ranks": ranks, "confusion": confusion,
}  # fmt: skip


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def texts(figure):
    """Visible texts with their boxes, without ticks outside the limits."""
    figure.canvas.draw()
    hidden = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            slack = 1e-6 * (high - low)
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low - slack <= tick.get_loc() <= high + slack:
                    hidden |= {tick.label1, tick.label2}
        if not axes.get_visible():
            hidden |= set(axes.findobj(Text))
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]
    return [(t, t.get_window_extent()) for t in found if t not in hidden]


def panel(figure, title):
    return next(axes for axes in figure.axes if axes.get_title("left").startswith(title))


def words(figure):
    return [text.get_text() for text, _ in texts(figure)]


@pytest.mark.parametrize(("count", "tasks"), CASES)
@pytest.mark.parametrize("name", DRAWN)
def test_every_word_can_be_read(name, count, tasks, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = DRAWN[name](count, tasks)
        said = texts(figure)
    below = next(box for text, box in said if text is figure.texts[-1])  # the caption
    inside = [(text, box) for text, box in said if text is not figure.texts[-1]]
    assert below.x1 <= figure.bbox.x1 + 1
    for text, box in inside:
        assert figure.bbox.x0 - 1 <= box.x0, text.get_text()
        assert box.x1 <= figure.bbox.x1 + 1, text.get_text()
        assert max(figure.bbox.y0 - 1, below.y1) <= box.y0, text.get_text()
        assert box.y1 <= figure.bbox.y1 + 1, text.get_text()
    straight = [(text, box) for text, box in inside if text.get_rotation() in (0, 90)]
    for (one, a), (other, b) in combinations(straight, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide <= 1 or high <= 2, (one.get_text(), other.get_text())
    assert plots.save(figure, tmp_path / "figure.png").stat().st_size <= 200_000


@pytest.mark.parametrize("name", ["curves", "rates", "survival", "profile", "best_of"])
def test_the_best_are_named_and_the_rest_grey(name):
    figure = DRAWN[name](44, 1)
    says = words(figure)
    assert sum("schedule_free_adamw" in text for text in says) == 1
    assert not any("optimizer_5" in text for text in says)
    assert any(text.startswith("36 others") for text in says)
    drawn = [line.get_color() for axes in figure.axes[:1] for line in axes.lines]
    assert set(plots.COLOURS) <= set(drawn)
    assert drawn.count(plots.GREY) >= 35


def test_curves_have_a_panel_for_each_task_and_schedule_and_end_where_runs_diverge():
    figure = learning(10, 3)
    assert len(figure.axes) == 6
    axes = panel(figure, "mnist1d, constant")
    assert len(axes.lines) == 10
    assert np.isnan(axes.lines[-1].get_ydata()[6:]).all()
    low, high = axes.get_ylim()
    last = [line.get_ydata()[-1] for line in axes.lines[:-1]]
    assert low < min(last) < max(last) < high < 10


def test_curves_of_a_schedule_that_a_task_lacks_are_left_out():
    look, at = plots.looks(["adam"]), np.arange(5.0)
    one = {"adam": (at, Interval(1 / (1 + at), 0.5 / (1 + at), 2 / (1 + at)))}
    curves = {"a": {"constant_schedule": one, "cosine_decay_schedule": one}}
    curves["b"] = {"constant_schedule": one}
    figure = learning_curves(curves, look, "FLOPs", TEXT)
    assert [axes.get_visible() for axes in figure.axes] == [True, True, True, False]


def test_the_chosen_rate_is_ringed():
    rate = np.geomspace(1e-3, 1, 4)
    losses = np.array([[2.0, 2.2], [0.5, 0.7], [1.0, 1.2], [0.4, np.inf]])
    look = plots.looks(["adam"])
    chosen = {"digits": {"adam": 0.01}}
    tunings = {"digits": {"adam": (rate, losses)}}
    axes = rate_sensitivity(tunings, chosen, {"digits": 2.3}, look, TEXT).axes[0]
    line, ring = axes.lines[:2]
    np.testing.assert_allclose(line.get_ydata(), [2.1, 0.6, 1.1, np.nan])
    np.testing.assert_allclose([ring.get_xdata()[0], ring.get_ydata()[0]], [0.01, 0.6])


@pytest.mark.parametrize("count", COUNTS)
def test_a_ranking_shows_baselines_or_says_where_they_are(count):
    figure = ranking(count, 1)
    axes, says = figure.axes[0], words(figure)
    assert set(BASELINES) | set(labels(count)) <= set(says)
    assert "2.3 →" in says
    assert says.count("diverged") == 2  # the last optimizer, and a baseline
    low, high = axes.get_xlim()
    assert high < 1
    dashed = [x for line in axes.lines if len(x := line.get_xdata()) == 2 and x[0] == x[1]]
    assert [0.22, 0.22] in [list(x) for x in dashed]
    assert low < 0.2 < 0.22 < high


def test_a_ranking_over_orders_of_magnitude_is_logarithmic():
    losses = np.array([0.1, 0.2, 30.0])
    interval = Interval(losses, np.array([-0.1, 0.1, 20.0]), np.array([0.3, 0.3, np.inf]))
    names = ["adam", "sgd", "lion"]
    figure = loss_ranking({"t": (names, interval)}, {"t": ["adam"]}, {"t": {"linear": 0.01}}, TEXT)
    assert figure.axes[0].get_xscale() == "log"
    assert all(np.isfinite(line.get_xdata()).all() for line in figure.axes[0].lines)
    low, high = figure.axes[0].get_xlim()
    assert low < 0.1
    assert high > 30


def test_who_never_arrives_stays_at_the_top_and_is_named():
    figure = survival(10, 3)
    assert any(text.startswith("never: sgd and 1 other") for text in words(figure))
    for axes in figure.axes:
        assert axes.get_title("left").endswith("until validation loss ≤ 0.231")
        shares = {line.get_color(): line.get_ydata() for line in axes.lines}
        assert (shares[plots.COLOURS[1]] == 1).all()
        assert shares[plots.COLOURS[0]][-1] == 0
        assert axes.get_ylim()[1] > 1


def test_profiles_rise_with_tau_and_are_listed_by_score():
    names = ["adam", "sgd", "lion"]
    ratios = dict(
        zip(names, np.array([[1.0, 3.0, np.inf, 5.0], [2.0, 1.0, 1.0, 1.0], [np.inf] * 4]))
    )
    scores = Interval(*np.array([[0.33, 0.92, 0.0], [np.nan, 0.8, np.nan], [np.nan, 1.0, np.nan]]))
    figure = performance_profiles(ratios, plots.looks(names), scores, TEXT)
    adam, sgd, lion = (line.get_ydata().tolist() for line in figure.axes[0].lines)
    assert (adam, sgd, lion) == ([0.25, 0.5, 0.5], [0.75, 1.0, 1.0], [0.0, 0.0])
    listed = [text.get_text() for text in figure.legends[0].get_texts()]
    assert listed == ["0.92 (0.80–1.00)  sgd", "0.33  adam", "0.00  lion"]


def test_lines_of_the_best_of_k_begin_where_they_are_finite():
    figure = best_of(10, 1)
    starts = [int(np.isfinite(line.get_ydata()).argmax()) for line in figure.axes[0].lines]
    assert starts[:6] == [0, 2, 4, 0, 2, 4]
    assert all(float(x).is_integer() for x in figure.axes[0].get_xticks())
    assert "infinite at every k:\nsgd" in words(best_of(2, 1))


@pytest.mark.parametrize("schedules", [1, 2, 4])
def test_a_frame_marks_the_best_schedule_of_each_optimizer(schedules):
    figure = heat(10, 1, schedules)
    frames = [patch for patch in figure.axes[0].patches if not patch.get_fill()]
    assert len(frames) == (9 if schedules > 1 else 0)  # the last diverged everywhere
    says = words(figure)
    assert says.count("diverged") == schedules + 1
    assert len([text for text in says if text.startswith("0.")]) >= 8 * schedules


def test_places_are_in_the_rows_of_the_overall_ranking():
    overall = ["sgd", "adam"], Interval(*np.array([[1.2, 1.8], [1.0, 1.6], [1.4, 2.0]]))
    places = {"digits": (["adam", "sgd"], np.array([[0.1, 0.9], [0.9, 0.1]]))}
    figure = rank_plot(places, overall, TEXT)
    image = figure.axes[1].images[0].get_array()
    np.testing.assert_array_equal(np.asarray(image), [[0.9, 0.1], [0.1, 0.9]])
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["sgd", "adam"]


def test_confusions_are_shares_of_the_actual_class():
    figure = plots.confusions({"t": ("adam", np.array([[30, 10], [0, 0]]))}, TEXT)
    image = figure.axes[0].images[0].get_array()
    np.testing.assert_array_equal(image.filled(np.nan), [[75, 25], [np.nan, np.nan]])
    assert {"75", "25", "actual class", "predicted class"} <= set(words(figure))
