"""A sweep is a value: equal, hashed and pickled as such; nothing else is taken for it."""

import pickle
import subprocess
import sys
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

import lab
from lab.sweeps.planning.identity import hashed

X = np.arange(12.0).astype(np.float32)


def loss(params, batch):
    return jnp.mean((params["w"] - batch["x"]) ** 2)


def other_loss(params, batch):
    return jnp.mean(jnp.abs(params["w"] - batch["x"]))


def init(key):
    return {"w": jnp.zeros(())}


def plain(learning_rate, momentum=0.5):
    return lab.optimizers.sgd(learning_rate, momentum)


def with_default(momentum):
    def plain(learning_rate, momentum=momentum):
        return lab.optimizers.sgd(learning_rate, momentum)

    return plain


def constant(peak, steps):
    return lambda count: peak * jnp.ones_like(count, jnp.float32)


def halved(peak, steps):
    return lambda count: 0.5 * peak * jnp.ones_like(count, jnp.float32)


halved.__name__ = "constant"


def norm(snapshot):
    return {"norm": jnp.abs(snapshot.gradient["w"])}


def twice(snapshot):
    return {"norm": 2 * jnp.abs(snapshot.gradient["w"])}


twice.__name__ = "norm"


def with_rate(rate):
    def plain(learning_rate=rate):
        return lab.optimizers.sgd(learning_rate)

    return plain


def scaled(factor):
    def constant(peak, steps):
        return lambda count: factor * peak * jnp.ones_like(count, jnp.float32)

    return constant


def on_host(factor):
    """A loss with a part that the host works out."""

    def more(x):
        return np.float32(factor) * x

    def loss(params, batch):
        shape = jax.ShapeDtypeStruct((), jnp.float32)
        told = jax.pure_callback(more, shape, jnp.float32(1), vmap_method="sequential")
        return jnp.mean((params["w"] - batch["x"]) ** 2) + told

    return loss


def task(loss=loss, data=X, validation=0.25, name="own", **more):
    return lab.tasks.own(init, loss, {"x": data}, validation=validation, name=name, **more)


def sweep(**change):
    given = {
        "task": task(),
        "optimizers": {"mine": plain},
        "axes": {"learning_rate": [0.01, 0.1]},
        "seeds": 2,
        "budget": lab.Budget(updates=6),
        "batch_size": 3,
        "schedule": constant,
        "evaluations": 2,
        "probe": lab.Probe(norm, every=2),
        "predict_on": None,
    }
    return lab.Sweep(**(given | change))


DATA = np.where(np.arange(12) == 3, X + 1, X)
OTHERS = {  # each changes a number, and the labels of no lane
    "loss": lambda: {"task": task(other_loss)},
    "data": lambda: {"task": task(data=DATA)},
    "split": lambda: {"task": task(validation=0.5)},
    "task": lambda: {"task": task(name="mine")},
    "schedule": lambda: {"schedule": halved},
    "probe": lambda: {"probe": lab.Probe(twice, every=2)},
    "period of the probe": lambda: {"probe": lab.Probe(norm, every=3)},
    "no probe": lambda: {"probe": None},
    "default number": lambda: {"optimizers": {"mine": with_default(0.9)}},
    "rule": lambda: {"optimizers": {"mine": lab.optimizers.nadam}},
    "budget": lambda: {"budget": lab.Budget(updates=7)},
    "evaluations": lambda: {"evaluations": [Fraction(1, 3), Fraction(1)]},
    "early stopping": lambda: {"early_stopping": lab.EarlyStopping(patience=1)},
    "what is maximized": lambda: {"task": task(higher_is_better=["loss"])},
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_whatever_changes_a_number_makes_another_sweep(change):
    assert sweep(**change()) != sweep()
    assert sweep(**change()) == sweep(**change())
    assert hash(sweep(**change())) == hash(sweep(**change()))


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_only_the_same_sweep_extends_a_record(change):
    record = sweep().run()
    with pytest.raises(lab.InputError, match="the record to extend was made with"):
        sweep(**change(), seeds=3).run(extend=record)
    more = sweep(seeds=3).run(extend=record)
    np.testing.assert_array_equal(more.validation_loss[..., :2, :], record.validation_loss)
    assert more.attrs["lane_updates"] == 2 * 6


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_only_the_same_sweep_continues_a_checkpoint(change, tmp_path, monkeypatch):
    from lab.sweeps.checkpointing import checkpointer

    for name, value in {"FIRST_S": 0.0, "SHORTEST_S": 0.0, "SHARE": 1e9}.items():
        monkeypatch.setattr(checkpointer, name, value)
    sweep().run(checkpoint=tmp_path / "c")
    with pytest.raises(lab.InputError, match="was made with"):
        sweep(**change()).run(checkpoint=tmp_path / "c")
    sweep().run(checkpoint=tmp_path / "c")


@pytest.mark.parametrize("rows", [lambda split: np.arange(3), lambda split: np.array([5, 6])])
def test_rows_that_are_predicted_on_are_part_of_it(rows, tmp_path, monkeypatch):
    from lab.sweeps.checkpointing import checkpointer

    monkeypatch.setattr(checkpointer, "FIRST_S", 0.0)

    def sweep(predict_on, seeds=2):
        return lab.Sweep(
            lab.tasks.CATALOG["iris"].make(widths=(4,)),
            ["sgd"],
            axes={"learning_rate": [0.1]},
            seeds=seeds,
            budget=lab.Budget(updates=4),
            predict_on=predict_on,
        )

    record = sweep(lambda split: np.arange(2)).run(checkpoint=tmp_path / "c")
    with pytest.raises(lab.InputError, match="predict_on of split 0"):
        sweep(predict_on=rows).run(checkpoint=tmp_path / "c")
    with pytest.raises(lab.InputError, match="predict_on=given, and this sweep asks for none"):
        sweep(predict_on=None).run(checkpoint=tmp_path / "c")
    with pytest.raises(lab.InputError, match="predict_on of split 0"):
        sweep(predict_on=rows, seeds=3).run(extend=record)


NAMING = [{"learning_rate": 0.1, "momentum": 0.9}, {"learning_rate": 0.1}]
PAIRS = {  # of what no label tells apart
    "default learning rate": lambda at: {
        "axes": None, "optimizers": {"mine": with_rate([0.1, 0.2][at])}
    },
    "a default that some trials name": lambda at: {
        "axes": None, "optimizers": {"mine": with_default([0.5, 0.3][at])},
        "trials": {"mine": NAMING},
    },
    "what the host works out": lambda at: {"task": task(on_host([1, 2][at]))},
    "schedules of one name, at another batch size each": lambda at: {
        "axes": None, "trials": {"mine": [
            {"learning_rate": 0.1, "batch_size": 2, "schedule": scaled([1.0, 0.5][at])},
            {"learning_rate": 0.1, "batch_size": 3, "schedule": scaled(1.0)},
        ]},
    },
}  # fmt: skip


@pytest.mark.parametrize("told", PAIRS.values(), ids=PAIRS)
def test_what_no_label_tells_makes_another_sweep(told):
    assert sweep(**told(0)) == sweep(**told(0))
    assert sweep(**told(0)) != sweep(**told(1))
    record = sweep(**told(0)).run()
    with pytest.raises(lab.InputError, match="the record to extend was made with"):
        sweep(**told(1), seeds=3).run(extend=record)


SAME = {
    "axis": ({"axes": {"learning_rate": [1]}}, {"axes": {"learning_rate": [1.0]}}),
    "axis of both": (
        {"axes": {"learning_rate": [0.1], "momentum": [0, 0.5]}},
        {"axes": {"learning_rate": np.array([0.1]), "momentum": np.array([0, 0.5])}},
    ),
    "budget": ({"budget": lab.Budget(updates=6)}, {"budget": lab.Budget(updates=6.0)}),  # type: ignore[arg-type]
    "seeds": ({"seeds": 2}, {"seeds": np.arange(2)}),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_whole_numbers_are_the_same_however_they_are_typed(one, other, tmp_path, monkeypatch):
    from lab.sweeps.checkpointing import checkpointer

    monkeypatch.setattr(checkpointer, "FIRST_S", 0.0)
    assert sweep(**one) == sweep(**other)
    assert len({sweep(**one), sweep(**other)}) == 1
    record = sweep(**one).run(checkpoint=tmp_path / "c")
    for again in one, other:
        assert sweep(**again).run(extend=record).attrs["lane_updates"] == 0
        done = sweep(**again).run(checkpoint=tmp_path / "c")
        assert done.attrs["seconds_training"] == record.attrs["seconds_training"]


ROWS = {
    "schedules of one name": [{"schedule": scaled(1.0)}, {"schedule": scaled(0.5)}],
    "a batch size that some name": [{"batch_size": 2}, {}],
    "a schedule that some name": [{"schedule": "cosine_decay_schedule"}, {}],
    "an option that some name": [{"nesterov": True}, {}],
    "a number that some name": [{}, {"momentum": 0.9}],
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_trials_are_taken_over_each_from_its_own(rows, tmp_path):
    def asked(rows, seeds=2):
        trials = {"mine": [{"learning_rate": 0.1} | row for row in rows]}
        return sweep(axes=None, optimizers={"mine": "sgd"}, trials=trials, seeds=seeds)

    record = asked(rows).run()
    lab.records.save(record, tmp_path / "record.nc")
    more = [*rows, {"momentum": 0.3}]
    for held in record, lab.records.load(tmp_path / "record.nc"):
        assert asked(rows).run(extend=held).attrs["lane_updates"] == 0
        longer = asked(more, seeds=3).run(extend=held)
        assert longer.attrs["lane_updates"] == (3 * 3 - 2 * 2) * 6
        xr.testing.assert_equal(longer.validation_loss, asked(more, seeds=3).run().validation_loss)


def test_a_machine_that_gives_other_bits_extends_nothing(monkeypatch):
    from lab.sweeps import engine

    record, machine = sweep().run(), engine.machine
    for name in machine():
        monkeypatch.setattr(engine, "machine", lambda name=name: machine() | {name: "another"})
        with pytest.raises(lab.InputError, match=f"was made with {name}="):
            sweep(seeds=3).run(extend=record)


def test_a_pickled_sweep_is_the_same_with_the_same_numbers():
    asked = lab.Sweep(
        "iris", ["adam"], axes={"learning_rate": [0.1]}, seeds=2, budget=lab.Budget(updates=4)
    )
    again = pickle.loads(pickle.dumps(asked))
    assert again == asked
    assert again.run().validation_loss.identical(asked.run().validation_loss)


def test_the_hash_is_the_same_in_every_process():
    code = (
        "from tests.sweeps import test_identity as t; import lab; lab.use_all_cores(2); "
        "from lab.sweeps.planning.identity import hashed; print(hashed(t.sweep().identity))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashed(sweep().identity)


def test_a_sweep_keeps_what_it_was_given():
    axes, rates = {}, [0.01, 0.1]
    axes["learning_rate"] = rates
    asked = sweep(axes=axes)
    rates.append(1.0)
    axes["momentum"] = [0.0]
    assert dict(asked.run().validation_loss.sizes)["learning_rate"] == 2
    with pytest.raises(AttributeError):
        asked.seeds = 3


def test_verify_takes_a_sweep():
    asked = sweep()
    assert "bitwise the record's" in str(lab.verify(asked.run(), asked, lanes=2))


def test_trials_may_name_their_seeds_and_splits():
    rows = [
        {"learning_rate": 0.01, "seed": 7, "split": 1},
        {"learning_rate": 0.1, "seed": 3, "split": 0},
        {"learning_rate": 0.1, "seed": 7, "split": 0},
    ]
    table = lab.tasks.CATALOG["iris"].make(widths=(4,))
    told = {"budget": lab.Budget(updates=6), "evaluations": 2}
    record = lab.sweep(table, ["adam"], trials={"adam": rows}, **told)
    assert dict(record.validation_loss.sizes) == {"optimizer": 1, "trial": 3, "step": 3}
    assert record.seed.values.tolist() == [[7, 3, 7]]
    for i, row in enumerate(rows):
        alone = lab.sweep(
            table,
            ["adam"],
            axes={"learning_rate": [row["learning_rate"]]},
            seeds=[row["seed"]],
            split=row["split"],
            **told,
        )
        np.testing.assert_array_equal(
            record.validation_loss.values[0, i], alone.validation_loss.values.reshape(-1)
        )
    more = lab.sweep(
        table, ["adam"], trials={"adam": [*rows, rows[0] | {"seed": 8}]}, **told, extend=record
    )
    assert more.attrs["lane_updates"] == 6


SEEDS = {
    "some": ([{"seed": 1}, {}], {}, "by every trial or by none"),
    "twice": ([{"seed": 1}], {"seeds": 3}, "trials name their own"),
    "negative": ([{"seed": -1}], {}, "seed must be a seed"),
    "no number": ([{"seed": "first"}], {}, "seed must be a seed"),
}


@pytest.mark.parametrize(("rows", "given", "words"), SEEDS.values(), ids=SEEDS)
def test_seeds_of_trials_that_cannot_be_are_refused(rows, given, words):
    rows = [{"learning_rate": 0.1} | row for row in rows]
    with pytest.raises(lab.InputError, match=words):
        lab.sweep("iris", ["adam"], trials={"adam": rows}, budget=lab.Budget(updates=1), **given)


@pytest.mark.parametrize("change", [{"every": 0}, {"every": 1.5}, {"measure": 3}])
def test_a_probe_that_cannot_be_is_refused(change):
    with pytest.raises(lab.InputError, match=next(iter(change))):
        lab.Probe(**({"measure": norm, "every": 2} | change))
