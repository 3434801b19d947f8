"""The engine against the loop anybody would write, with optax."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import lab
from lab.data.streams import key_data, order
from tests.sweeps import small


def plain(rows, train, steps, size, seed, schedule, dtype):
    """A Python loop of jitted optax steps; gives the parameters after each update."""
    key = jax.random.wrap_key_data(jnp.asarray(key_data(seed, "parameters")), impl="threefry2x32")
    params = small.init(key, {"init_scale": jnp.asarray(1.3, dtype)})
    opt = optax.adamw(schedule, weight_decay=0.01)
    state = opt.init(params)

    @jax.jit
    def step(params, state, batch):
        gradient = jax.grad(small.loss)(params, batch)
        updates, state = opt.update(gradient, state, params)
        return optax.apply_updates(params, updates), state

    examples = train[order(seed, len(train), 0, steps * size)]
    trajectory = [params]
    for t in range(steps):
        index = examples[t * size : (t + 1) * size]
        params, state = step(params, state, {k: v[index] for k, v in rows.items()})
        trajectory.append(params)
    return trajectory


@pytest.mark.parametrize(
    ("x64", "steps", "tolerance"), [(False, 20, 1e-5), (True, 200, 1e-10)], ids=["f32", "f64"]
)
def test_sweep_follows_the_plain_loop(blobs_xy, x64, steps, tolerance):
    with jax.enable_x64(x64):
        x, y = blobs_xy
        dtype = np.float64 if x64 else np.float32
        rows = {"x": x.astype(dtype), "y": y}
        task = lab.tasks.own(
            small.init, small.loss, rows, metrics=small.metrics, hypers={"init_scale": 1.3}
        )
        size, seed = 11, 5
        record = lab.sweep(
            task,
            ["adamw"],
            axes={"learning_rate": [0.01, 0.02], "weight_decay": [0.01]},
            seeds=[seed],
            budget=lab.Budget(updates=steps),
            batch_size=size,
            schedule="cosine_decay_schedule",
            evaluations=steps,
        )
        split = task.source.prepare(0)
        schedule = optax.cosine_decay_schedule(jnp.asarray(0.02, dtype), steps)
        trajectory = plain(rows, split.train, steps, size, seed, schedule, dtype)
        held_out = {k: v[split.validation] for k, v in rows.items()}
        expected = [np.mean(small.metrics(p, held_out)["loss"]) for p in trajectory]
        found = record.validation_loss.sel(learning_rate=0.02).values.squeeze()
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
        assert expected[-1] < 0.9 * expected[0]
