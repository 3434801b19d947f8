"""Lanes that stop early: frozen, dropped and charged for what they used; others keep every bit."""

import jax
import numpy as np
import pytest

import lab
from lab.protocol.fairness import comparable
from lab.sweeps.checkpointing import checkpointer
from lab.sweeps.devices import widths
from lab.sweeps.early_stopping.rule import replay
from lab.sweeps.execution.group import Group
from tests.sweeps import killed_script
from tests.sweeps.killed_script import same

LANE = {"optimizer": 0, "learning_rate": 0}
CURVES = ("validation_loss", "validation_accuracy", "train_loss")
RULE = lab.EarlyStopping(patience=2, min_delta=0.01)
RESTORING = lab.EarlyStopping(patience=2, min_delta=0.01, restore_best_weights=True)
SETTINGS = {
    "updates": 120,
    "axes": {"learning_rate": [0.03, 0.3, 1e30]},
    "seeds": 10,
    "evaluations": 12,
}


@pytest.fixture(autouse=True, scope="module")
def narrow(request):
    """Blocks of eight lanes, so that there is something to repack; compiled hastily."""
    jax.config.update(
        "jax_disable_most_optimizations", request.config.option.markexpr == "not slow"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(widths, "table", lambda _: ((float("inf"), 4),))
        yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(scope="module")
def full():
    return killed_script.sweep(**SETTINGS)


@pytest.fixture(scope="module")
def stopped():
    return killed_script.sweep(**SETTINGS, early_stopping=RULE)


@pytest.fixture(scope="module")
def restored():
    return killed_script.sweep(**SETTINGS, early_stopping=RESTORING)


def lanes(record):
    """(lane of a record, its selection), one by one."""
    for at in np.ndindex(record.diverged_at.shape):
        yield record.isel(dict(zip(record.diverged_at.dims, at))), at


@pytest.mark.parametrize("name", ["stopped", "restored"])
def test_lanes_stop_where_the_rule_says_of_the_full_training(full, name, request):
    record = request.getfixturevalue(name)
    sound = full.diverged_at.values < 0
    loss = full.validation_loss.values[sound][:, 1:]
    watch = replay(RULE, loss)
    marks = full.updates.values
    expected = np.where(watch.stopped_at > 0, marks[watch.stopped_at], -1)
    np.testing.assert_array_equal(record.stopped_early_at.values[sound], expected)
    np.testing.assert_array_equal(record.best_at.values[sound], marks[watch.best_at])
    assert len(set(expected.tolist())) > 3
    assert (expected == -1).any()


def test_until_it_stops_a_lane_has_the_bits_of_one_without_a_rule(full, stopped):
    for (one, at), (whole, _) in zip(lanes(stopped), lanes(full)):
        end = int(one.stopped_early_at)
        last = len(full.updates) - 1 if end < 0 else full.updates.values.tolist().index(end)
        for name in CURVES:
            a, b = one[name].values, whole[name].values
            np.testing.assert_array_equal(a[: last + 1], b[: last + 1], err_msg=f"{name} {at}")
        seen = whole.probe_step.values < (end if end >= 0 else 120)
        np.testing.assert_array_equal(one.probe_norm.values[seen], whole.probe_norm.values[seen])
        assert np.isnan(one.probe_norm.values[~seen]).all()
        assert np.isnan(one.train_loss.values[last + 1 :]).all()
        assert (one.validation_loss.values[last:] == one.validation_loss.values[last]).all()


def test_diverged_lanes_are_those_of_any_sweep(full, restored):
    lost = full.diverged_at.values >= 0
    assert lost.any()
    np.testing.assert_array_equal(restored.diverged_at, full.diverged_at)
    assert (restored.stopped_early_at.values[lost] == -1).all()
    for name in (*CURVES, "outputs", "probe_norm"):
        np.testing.assert_array_equal(restored[name].values[lost], full[name].values[lost])


@pytest.mark.parametrize("currency", ["updates", "examples", "gradient_evaluations", "flops"])
def test_lanes_are_charged_for_what_they_used(full, stopped, currency):
    unit = (full[currency] / full.updates).isel(step=-1)
    end = stopped.stopped_early_at.where(stopped.stopped_early_at >= 0, 120)
    spent = stopped[currency].isel(step=-1)
    np.testing.assert_allclose(spent, (end * unit).transpose(*spent.dims))
    if currency == "updates":
        np.testing.assert_array_equal(spent + stopped.unspent, np.full(end.shape, 120))
        assert stopped.attrs["lane_updates"] == int(end.sum())
        comparable(full, stopped)


def test_restored_lanes_report_the_weights_of_the_best_evaluation(full, restored):
    for (one, _), (whole, _) in zip(lanes(restored), lanes(full)):
        if one.diverged_at < 0:
            best = full.updates.values.tolist().index(int(one.best_at))
            for name in ("validation_loss", "validation_accuracy"):
                assert one[name].values[-1] == whole[name].values[best]


@pytest.mark.parametrize(("patience", "min_delta"), [(100, 0.0), (1, 0.05)])
def test_the_weights_are_bitwise_those_of_the_last_sufficient_improvement(
    tmp_path, patience, min_delta
):
    """Also when a lane never stopped, as in Keras 3; the best ones where `min_delta` is 0."""
    arguments = {"axes": {"learning_rate": [0.3]}, "seeds": [3]}
    rule = lab.EarlyStopping(patience=patience, min_delta=min_delta, restore_best_weights=True)
    record = killed_script.sweep(
        **SETTINGS | arguments, early_stopping=rule, export=lab.Export(tmp_path / "early")
    ).isel(LANE)
    assert ((record.stopped_early_at < 0) == (patience == 100)).all()
    if min_delta == 0 and patience == 100:
        assert (
            record.validation_loss.isel(step=-1)
            == record.validation_loss.isel(step=slice(1, None)).min()
        )
    best = int(record.best_at[0])
    assert best < 120
    short = killed_script.sweep(
        **SETTINGS | arguments | {"updates": best, "evaluations": 1},
        export=lab.Export(tmp_path / "short"),
    ).isel(LANE)
    np.testing.assert_array_equal(record.outputs.values, short.outputs.values)
    for mine, other in zip(
        sorted((tmp_path / "early").glob("adam*.final.npz")),
        sorted((tmp_path / "short").glob("adam*.final.npz")),
        strict=True,
    ):
        a, b = lab.load_model(mine), lab.load_model(other)
        assert a.about["updates"] == best
        assert a.about["loss"] == b.about["loss"]
        jax.tree.map(np.testing.assert_array_equal, a.params, b.params)


def test_stopped_lanes_are_dropped_when_the_others_fit_in_fewer_blocks(stopped, monkeypatch):
    run, go_on = [], Group.go_on

    def counted(self, course, first, count, last):
        run.append(count * len(self.lanes))
        go_on(self, course, first, count, last)

    monkeypatch.setattr(Group, "go_on", counted)
    record = killed_script.sweep(**SETTINGS, early_stopping=RULE)
    same(record, stopped)
    whole = 2 * 32 * 120  # four blocks of eight lanes for each of two optimizers
    assert stopped.attrs["lane_updates"] <= sum(run) < whole


def test_a_sweep_that_was_cut_off_goes_on_with_the_same_bits(restored, tmp_path, monkeypatch):
    for name, value in {"FIRST_S": 0.0, "SHORTEST_S": 0.0, "SHARE": 1e9}.items():
        monkeypatch.setattr(checkpointer, name, value)
    left, go_on = [17], Group.go_on

    def dying(self, *arguments):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        go_on(self, *arguments)

    monkeypatch.setattr(Group, "go_on", dying)
    for pieces in (17, 17, 30, 1000):
        left[0] = pieces
        try:
            again = killed_script.sweep(
                **SETTINGS, early_stopping=RESTORING, checkpoint=tmp_path / "c"
            )
        except KeyboardInterrupt:
            again = None
    assert again is not None
    same(again, restored)


@pytest.mark.slow
def test_a_record_is_extended_under_the_same_rule_only(stopped):
    fewer = killed_script.sweep(**SETTINGS | {"seeds": 4}, early_stopping=RULE)
    same(killed_script.sweep(**SETTINGS, early_stopping=RULE, extend=fewer), stopped)
    with pytest.raises(lab.InputError, match="early_stopping"):
        killed_script.sweep(**SETTINGS, early_stopping=RESTORING, extend=fewer)


@pytest.mark.slow
def test_rules_that_evaluate_elsewhere_or_count_gradients_go_back_too():
    task = lab.tasks.CATALOG["iris"].make(widths=(4,))

    def sweep(**other):
        return lab.sweep(
            task, ["schedule_free_sgd", "lbfgs"], axes={"learning_rate": [1.0]}, seeds=3,
            batch_size=90, budget=lab.Budget(updates=20), evaluations=10, **other,
        )  # fmt: skip

    full, early = sweep(), sweep(early_stopping=RESTORING)
    marks = full.updates.values.tolist()
    for (one, _), (whole, _) in zip(lanes(early), lanes(full)):
        if one.diverged_at < 0:
            best = marks.index(int(one.best_at))
            assert one.validation_loss.values[-1] == whole.validation_loss.values[best]
            end = marks.index(int(one.stopped_early_at)) if one.stopped_early_at >= 0 else 10
            expected = whole.gradients_used.values[np.minimum(np.arange(11), end)]
            np.testing.assert_array_equal(one.gradients_used.values, expected)


@pytest.mark.slow
def test_evaluations_that_no_update_precedes_do_not_count():
    record = killed_script.sweep(
        **SETTINGS | {"updates": 4}, early_stopping=lab.EarlyStopping(patience=1)
    )
    assert set(record.stopped_early_at.values.ravel().tolist()) <= {-1, 2, 3, 4}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lab.EarlyStopping("validation_f1"), "validation_accuracy, validation_loss"),
        ("validation_loss", "early_stopping must be an EarlyStopping"),
        (3, "early_stopping must be an EarlyStopping"),
    ],
)
def test_what_cannot_be_monitored_is_refused_before_anything_compiles(rule, said, compilations):
    before = compilations()
    with pytest.raises(lab.InputError, match=said):
        lab.sweep(
            "iris",
            ["adam"],
            axes={"learning_rate": [0.1]},
            budget=lab.Budget(updates=4),
            early_stopping=rule,
        )
    assert compilations() == before
