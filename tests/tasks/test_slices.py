"""Slices of a loss are the loss: exact on quadratics, at the origin, and along paths."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lab
from lab.tasks import slices
from lab.validation.errors import InputError

KEY = jax.random.key(3)


def network(key, scale=1.0):
    """4-5-3 with biases: a tree like those of `lab.models`."""
    a, b, c = jax.random.split(key, 3)
    return {
        "hidden": {"kernel": jax.random.normal(a, (4, 5)) * scale, "bias": jnp.full(5, 0.1)},
        "output": {"kernel": jax.random.normal(b, (5, 3)), "bias": jax.random.normal(c, (3,))},
    }


def relu_loss(params, x):
    h = jax.nn.relu(x @ params["hidden"]["kernel"] + params["hidden"]["bias"])
    return jnp.mean((h @ params["output"]["kernel"] + params["output"]["bias"]) ** 2)


X = jax.random.normal(jax.random.key(9), (7, 4))
H = jnp.diag(jnp.arange(1.0, 7.0)) + 0.3  # [6, 6], positive definite


def quadratic(w):
    flat = jnp.concatenate([w["a"].ravel(), w["b"]])
    return flat @ H @ flat / 2


def walk(count=12):
    drawn = jax.random.normal(KEY, (count, 6)).cumsum(0)
    return {"a": drawn[:, :4].reshape(count, 2, 2), "b": drawn[:, 4:]}


def vectors(path):
    return np.concatenate([np.reshape(path["a"], (-1, 4)), np.reshape(path["b"], (-1, 2))], 1)


def test_filters_have_the_norms_of_the_parameters():
    params = network(KEY)
    found = slices.filter_normalized(slices.random_direction(KEY, params), params)
    for layer in params:
        np.testing.assert_allclose(
            np.linalg.norm(found[layer]["kernel"], axis=0),
            np.linalg.norm(params[layer]["kernel"], axis=0),
            rtol=1e-6,
        )
        assert not np.any(found[layer]["bias"])
    conv = jax.random.normal(KEY, (3, 3, 2, 4))
    (rescaled,) = slices.filter_normalized([jnp.ones_like(conv)], [conv])
    np.testing.assert_allclose(
        np.linalg.norm(np.reshape(rescaled, (-1, 4)), axis=0),
        np.linalg.norm(np.reshape(conv, (-1, 4)), axis=0),
        rtol=1e-6,
    )


def test_dead_filters_and_empty_directions_stay_finite():
    params = {"kernel": jnp.array([[0.0, 3.0], [0.0, 4.0]])}
    found = slices.filter_normalized({"kernel": jnp.array([[1.0, 0.0], [1.0, 0.0]])}, params)
    assert np.array_equal(found["kernel"], np.zeros((2, 2)))


def test_the_origin_of_a_slice_is_the_loss():
    params = network(KEY)
    d = slices.filter_normalized(slices.random_direction(KEY, params), params)
    there = relu_loss(params, X)
    line = slices.line_heights(relu_loss, params, d, jnp.linspace(-1, 1, 101), X)
    plane = slices.Plane(params, d, slices.random_direction(jax.random.key(1), params))
    grid = slices.plane_heights(relu_loss, plane, jnp.array([-1.0, 0.0]), jnp.zeros(1), X)
    assert line.shape == (101,)
    assert grid.shape == (1, 2)
    np.testing.assert_allclose([line[50], grid[0, 1]], there, rtol=1e-6)
    np.testing.assert_allclose(line[0], grid[0, 0], rtol=1e-6)


def test_a_quadratic_has_quadratic_slices():
    with jax.enable_x64(True):
        params = {"a": jnp.ones((2, 2)), "b": jnp.array([2.0, -1.0])}
        two = [slices.random_direction(jax.random.key(k), params) for k in (1, 2)]
        w, u, v = (np.concatenate([t["a"].ravel(), t["b"]]) for t in (params, *two))
        x, y = np.linspace(-2, 2, 9), np.linspace(-1, 3, 5)
        found = slices.plane_heights(quadratic, slices.Plane(params, *two), x, y)
        h = np.asarray(H, float)
        for i, b in enumerate(y):
            for j, a in enumerate(x):
                exact = (
                    w @ h @ w / 2 + a * (u @ h @ w) + b * (v @ h @ w)
                    + a * a * (u @ h @ u) / 2 + b * b * (v @ h @ v) / 2 + a * b * (u @ h @ v)
                )  # fmt: skip
                np.testing.assert_allclose(found[i, j], exact, rtol=1e-12)


def test_a_path_has_the_loss_of_its_points_and_not_that_of_its_shadow():
    path = walk(100)  # more than one chunk
    direct = [quadratic(jax.tree.map(lambda leaf, t=t: leaf[t], path)) for t in range(100)]
    true = slices.path_heights(quadratic, path)
    np.testing.assert_allclose(true, direct, rtol=1e-6)
    plane = slices.principal_plane(path)
    at = slices.coordinates_on(plane, path)
    shown = slices.heights(quadratic, plane.origin, plane[1:], at)
    np.testing.assert_allclose(shown[-1], true[-1], rtol=1e-5)
    assert np.abs(np.log(shown / true)).max() > 0.1


def test_planes_are_what_singular_vectors_say():
    path = walk()
    flat = vectors(path)
    centred = flat - flat.mean(0)
    values = np.linalg.svd(centred, compute_uv=False) ** 2
    principal, chord = slices.principal_plane(path), slices.chord_plane(path)
    share = slices.share_of_variance(principal, path)
    np.testing.assert_allclose(share, values[:2].sum() / values.sum(), rtol=1e-5)
    assert float(slices.share_of_variance(chord, path)) <= float(share) + 1e-6
    for plane in (principal, chord):
        basis = np.stack([np.concatenate([t["a"].ravel(), t["b"]]) for t in plane[1:]])
        np.testing.assert_allclose(basis @ basis.T, np.eye(2), atol=1e-5)
        at = slices.coordinates_on(plane, path)
        np.testing.assert_allclose(at, (flat - flat[-1]) @ basis.T, atol=1e-4)
        assert at[0, 0] > 0
    ends = slices.heights(quadratic, chord.origin, chord[1:], slices.coordinates_on(chord, path))
    true = slices.path_heights(quadratic, path)
    np.testing.assert_allclose(ends[jnp.array([0, -1])], true[jnp.array([0, -1])], rtol=1e-5)


def test_coordinates_on_a_slanted_plane():
    path = walk()
    plane = slices.principal_plane(path)
    slanted = plane._replace(
        second=jax.tree.map(lambda a, b: 3 * a + 0.5 * b, plane.first, plane.second)
    )
    a, b = slices.coordinates_on(plane, path), slices.coordinates_on(slanted, path)
    np.testing.assert_allclose(a[:, 0], b[:, 0] + 3 * b[:, 1], atol=1e-3)
    np.testing.assert_allclose(a[:, 1], 0.5 * b[:, 1], atol=1e-3)
    np.testing.assert_allclose(
        slices.share_of_variance(plane, path), slices.share_of_variance(slanted, path), rtol=1e-4
    )


def test_a_random_walk_fills_its_principal_plane_as_theory_says():
    steps = jax.random.normal(KEY, (200, 20_000))
    share = slices.share_of_variance(slices.principal_plane(steps.cumsum(0)), steps.cumsum(0))
    np.testing.assert_allclose(share, 6 / np.pi**2 * 1.25, atol=0.01)


def test_filter_normalized_slices_do_not_see_a_rescaled_network():
    params = network(KEY)
    factor = 8.0
    hidden = jax.tree.map(lambda w: w * factor, params["hidden"])
    output = {**params["output"], "kernel": params["output"]["kernel"] / factor}
    twin = {"hidden": hidden, "output": output}
    np.testing.assert_allclose(relu_loss(params, X), relu_loss(twin, X), rtol=1e-6)
    x, drawn = jnp.linspace(-1, 1, 21), slices.random_direction(KEY, params)
    raw, normalized = [], []
    for theta in (params, twin):
        raw.append(slices.line_heights(relu_loss, theta, drawn, x, X))
        d = slices.filter_normalized(drawn, theta)
        normalized.append(slices.line_heights(relu_loss, theta, d, x, X))
    np.testing.assert_allclose(normalized[0], normalized[1], rtol=1e-5)
    assert np.abs(np.log(raw[0] / raw[1])).max() > 1


def test_they_work_on_a_task_of_the_lab_under_vmap():
    task = lab.tasks.CATALOG["iris"].make(widths=(4,))
    rows = {k: jnp.asarray(v[:32]) for k, v in task.source.prepare(0).rows.items()}

    def loss(params, batch):
        return task.problem.loss(params, {}, batch, None, {})[0]

    def one(key):
        params = task.problem.init(key, task.hypers).params
        d = slices.filter_normalized(slices.random_direction(key, params), params)
        return slices.line_heights(loss, params, d, jnp.array([0.0, 0.5]), rows)

    keys = jax.random.split(KEY, 3)
    found = jax.vmap(one)(keys)
    assert found.shape == (3, 2)
    np.testing.assert_allclose(found[1], one(keys[1]), rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: slices.filter_normalized([jnp.ones(2)], [jnp.ones(3)]), "shaped like"),
        (lambda: slices.heights(jnp.sum, jnp.ones(2), [], jnp.ones((3, 1))), r"\[N, 0\]"),
        (lambda: slices.principal_plane(jnp.ones((2, 5))), "at least 3 points"),
        (lambda: slices.path_heights(jnp.sum, [jnp.ones(2), jnp.ones(3)]), "leading axis"),
    ],
)
def test_what_cannot_be_sliced_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
