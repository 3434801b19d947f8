"""Each regularizer against its twin or formula; what all of them promise."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn
from scipy import stats

import lab
from lab import losses, optimizers
from lab.regularizers import CATALOG, Facts, Regularized
from lab.regularizers._targets import folded_beta
from lab.validation.errors import InputError

KEY = jax.random.key(3)
PARAMS = {"kernel": jnp.array([[1.0, -2.0], [0.0, 3.0]]), "bias": jnp.array([4.0, -1.0])}
BATCH = {"x": jnp.arange(12.0).reshape(4, 3), "y": jnp.array([0, 2, 1, 2]), "weight": jnp.ones(4)}
FACTS = Facts(classes=3)
STRONG = {
    "l1": 0.1, "l2": 0.1, "input_noise": 0.5, "weight_noise": 0.5, "label_smoothing": 0.3,
    "mixup": 0.4, "flip": 0.5, "rotation": 30.0, "zoom": 0.3, "crop": 0.3, "translation": 2.0,
    "shear": 0.5,
}  # fmt: skip


def linear(params, model_state, batch, key, hypers):
    logits = batch["x"] @ jnp.ones((3, 2)) @ params["kernel"] + params["bias"]
    targets = batch["y"] if batch["y"].ndim == 2 else jax.nn.one_hot(batch["y"], 3)
    return jnp.mean((logits[:, :1] - targets) ** 2), (model_state, {})


def value(names, hypers, key=KEY):
    made = Regularized(linear, tuple(CATALOG[name] for name in names), FACTS)
    return made(PARAMS, {}, BATCH, key, hypers)[0]


def test_penalties_are_added_on_kernels_only():
    plain = value((), {})
    np.testing.assert_allclose(value(("l1",), {"l1": 0.5}) - plain, 0.5 * 6, rtol=1e-6)
    np.testing.assert_allclose(value(("l2",), {"l2": 0.5}) - plain, 0.5 * 14, rtol=1e-6)
    both = value(("l1", "l2"), {"l1": 0.5, "l2": 0.25})
    np.testing.assert_allclose(both - plain, 3 + 3.5, rtol=1e-5)


@pytest.mark.parametrize("name", sorted(set(CATALOG) - {"augmentation"}))
def test_at_strength_0_the_loss_is_that_without(name):
    numbers = dict(CATALOG[name].strengths)
    assert set(numbers.values()) == {0.0}
    np.testing.assert_array_equal(value((name,), numbers), value((), {}))


def test_noise_of_one_is_the_same_whatever_stands_beside_it():
    hypers = STRONG | {"l2": 0.0}
    alone = value(("input_noise",), hypers)
    np.testing.assert_array_equal(value(("l2", "input_noise"), hypers), alone)
    assert value(("input_noise",), hypers, jax.random.key(4)) != alone


def test_noise_has_its_deviation_and_spares_biases():
    batch = {"x": jnp.zeros((100, 100))}
    noisy = CATALOG["input_noise"].batch(KEY, batch, {"input_noise": 0.3}, FACTS)["x"]
    np.testing.assert_allclose([noisy.mean(), noisy.std()], [0, 0.3], atol=0.01)
    params = {"kernel": jnp.zeros((100, 100)), "bias": jnp.zeros(5)}
    moved = CATALOG["weight_noise"].weights(KEY, params, {"weight_noise": 0.2})
    np.testing.assert_allclose(moved["kernel"].std(), 0.2, atol=0.01)
    np.testing.assert_array_equal(moved["bias"], 0)


def test_smoothed_targets_are_those_of_optax():
    batch = CATALOG["label_smoothing"].batch(KEY, BATCH, {"label_smoothing": 0.3}, FACTS)
    theirs = optax.smooth_labels(jax.nn.one_hot(BATCH["y"], 3), 0.3)
    np.testing.assert_allclose(batch["y"], theirs, rtol=1e-6)


@pytest.mark.parametrize("alpha", [0.1, 0.4, 1.0, 4.0])
def test_shares_of_mixtures_are_beta_distributed(alpha):
    share = np.asarray(folded_beta(KEY, alpha, (4000,), jnp.float32), np.float64)
    law = stats.beta(alpha, alpha)
    # an almost unmixed example has a share of 1 in float32: compare where numbers are apart
    found = np.linspace(0.5, 0.999, 20)
    expected = law.cdf(found) - law.cdf(1 - found)
    measured = (share[None] <= found[:, None]).mean(1)
    np.testing.assert_allclose(measured, expected, atol=1.63 / np.sqrt(4000))  # Kolmogorov, 1 %


def test_mixtures_are_of_inputs_and_targets_alike():
    mixed = CATALOG["mixup"].batch(KEY, BATCH, {"mixup": 1.0}, FACTS)
    share = np.asarray(folded_beta(KEY, 1.0, (4,), jnp.float32))[:, None]
    x, y = np.asarray(BATCH["x"]), np.eye(3)[np.asarray(BATCH["y"])]
    np.testing.assert_allclose(mixed["x"], share * x + (1 - share) * np.roll(x, 1, 0), rtol=1e-5)
    np.testing.assert_allclose(mixed["y"], share * y + (1 - share) * np.roll(y, 1, 0), atol=1e-6)
    np.testing.assert_allclose(mixed["y"].sum(1), 1, rtol=1e-6)
    assert share.min() >= 0.5
    numbers = {"x": BATCH["x"], "y": jnp.array([0.0, 1.0, 2.0, 3.0])}
    assert CATALOG["mixup"].batch(KEY, numbers, {"mixup": 1.0}, Facts())["y"].shape == (4,)


def test_the_largest_norm_is_that_of_keras_and_a_projection():
    """Keras: w · clip(‖w‖, 0, c) / (ε + ‖w‖) by column; optax: the projection on a ball."""
    kernel = jax.random.normal(KEY, (5, 4)) * jnp.array([0.1, 1.0, 2.0, 3.0])
    step = jax.random.normal(jax.random.key(1), (5, 4))
    rule = optimizers.max_norm(2.0)
    put = kernel + rule.update(step, rule.init(kernel), kernel)[0]
    ahead = kernel + step
    norms = jnp.linalg.norm(ahead, axis=0)
    np.testing.assert_allclose(put, ahead * jnp.clip(norms, 0, 2) / (1e-7 + norms), rtol=1e-5)
    ball = jax.vmap(lambda w: optax.projections.projection_l2_ball(w, 2.0), 1, 1)
    np.testing.assert_allclose(put, ball(ahead), rtol=1e-5)
    bias = jnp.full(3, 10.0)
    np.testing.assert_array_equal(rule.update(bias, (), bias)[0], bias)


def test_dropout_is_that_of_flax_in_law_and_off_at_inference():
    layer, x = nn.Dropout(0.3, deterministic=False), jnp.ones((200, 200))
    theirs = layer.apply({}, x, rngs={"dropout": KEY})
    from lab.models.dropout import drop

    mine = drop(KEY, x, 0.3)
    np.testing.assert_allclose(np.unique(mine), np.unique(theirs), rtol=1e-6)
    np.testing.assert_allclose(mine.mean(), theirs.mean(), atol=0.02)


def test_a_path_of_strengths_is_one_program():
    names = tuple(CATALOG)
    task = lab.tasks.CATALOG["digits"].make(
        widths=(4,), dropout=True, regularizers=names, scaling="whole"
    )
    plan = lab.Sweep(
        task, ["adamw"], budget=lab.Budget(updates=2), batch_size=8, evaluations=1,
        axes={"learning_rate": [0.1], "weight_decay": [0.1], "dropout_rate": [0.1, 0.5]}
        | {name: [0.0, strength] for name, strength in list(STRONG.items())[:5]},
    ).plan  # fmt: skip
    assert len(plan.jobs) == 1


WRONG = {
    "misspelt": (lambda s: lab.tasks.supervised(s, regularizers=("mixpu",)), "mixup"),
    "twice": (lambda s: lab.tasks.supervised(s, regularizers=("l2", "l2")), "must be distinct"),
    "no images": (
        lambda s: lab.tasks.supervised(s, regularizers=("augmentation",)),
        "needs images",
    ),
    "no classes": (
        lambda s: lab.tasks.supervised(
            lab.data.source(lab.data.load("diabetes")), regularizers=("label_smoothing",)
        ),
        "needs classes",
    ),
    "option": (lambda s: lab.tasks.supervised(s, trian_size=3), "trian_size is no option"),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_meant_is_refused(call, message):
    with pytest.raises((InputError, lab.validation.errors.UnknownNameError), match=message):
        call(lab.data.source(lab.data.load("digits")))


# On a linear model, where the answer is known


def descend(names, hypers, rule, x, y, updates=3000):
    """Full batches of y ≈ xw, by the training loss with regularizers."""
    made = Regularized(_squares, tuple(CATALOG[name] for name in names), Facts())
    batch = {"x": jnp.asarray(x), "y": jnp.asarray(y)}

    def step(carry, _):
        params, state = carry
        gradient = jax.grad(lambda p: made(p, {}, batch, KEY, hypers)[0])(params)
        update, state = rule.update(gradient, state, params)
        return (optax.apply_updates(params, update), state), None

    params = {"kernel": jnp.zeros((x.shape[1], 1))}
    (params, _), _ = jax.lax.scan(step, (params, rule.init(params)), length=updates)
    return np.asarray(params["kernel"][:, 0])


@pytest.fixture(scope="module")
def regression():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 12))
    y = x[:, :4] @ [2.0, -1.0, 0.5, 0.2] + 0.3 * rng.normal(size=80)
    return x, y


def test_l2_is_ridge_in_closed_form(regression):
    x, y = regression
    with jax.enable_x64(True):
        paths = jax.vmap(lambda s: _ridge_by_descent(s, jnp.asarray(x), jnp.asarray(y)))(
            jnp.array([0.0, 0.1, 1.0])
        )
    for strength, found in zip((0.0, 0.1, 1.0), np.asarray(paths)):
        closed = np.linalg.solve(x.T @ x + strength * len(x) * np.eye(12), x.T @ y)
        np.testing.assert_allclose(found, closed, atol=1e-8)


def _ridge_by_descent(strength, x, y):
    made = Regularized(_squares, (CATALOG["l2"],), Facts())

    def step(params, _):
        gradient = jax.grad(lambda p: made(p, {}, {"x": x, "y": y}, KEY, {"l2": strength})[0])
        return jax.tree.map(lambda w, g: w - 0.1 * g, params, gradient(params)), None

    zero = {"kernel": jnp.zeros((x.shape[1], 1))}
    return jax.lax.scan(step, zero, length=1500)[0]["kernel"][:, 0]


def _squares(params, model_state, batch, key, hypers):
    errors = losses.squared_error(batch["x"] @ params["kernel"][:, 0], batch["y"])
    return jnp.mean(errors), (model_state, {})


def proximal_path(l1, l2, x, y, updates=1500, rate=0.1):
    """Minima of the mean squared error + λ₁‖w‖₁ + λ₂‖w‖² for arrays of strengths, at once."""

    def one(l1, l2):
        rule = optax.chain(optimizers.sgd(rate), optimizers.proximal_elastic_net(l1, l2, rate))

        def step(params, _):
            gradient = jax.grad(lambda w: jnp.mean(losses.squared_error(x @ w, y)))(params)
            update, _ = rule.update(gradient, rule.init(params), params)
            return optax.apply_updates(params, update), None

        return jax.lax.scan(step, jnp.zeros(x.shape[1], x.dtype), length=updates)[0]

    return np.asarray(jax.jit(jax.vmap(one))(jnp.asarray(l1), jnp.asarray(l2)))


def test_the_proximal_path_is_the_lasso_with_exact_zeros_in_growing_number(regression):
    from sklearn.linear_model import Lasso

    x, y = regression
    strengths = np.geomspace(0.01, 4.5, 12)
    with jax.enable_x64(True):
        path = proximal_path(strengths, 0 * strengths, jnp.asarray(x), jnp.asarray(y))
    zeros = (path == 0).sum(1)
    assert (np.diff(zeros) >= 0).all()
    assert zeros[0] <= 2
    assert zeros[-1] == 12
    assert len(set(zeros)) >= 5
    for strength, found in zip(strengths, path):
        lasso = Lasso(alpha=strength / 2, fit_intercept=False, tol=1e-13, max_iter=100_000)
        theirs = lasso.fit(x, y).coef_
        np.testing.assert_allclose(found, theirs, atol=1e-7)
        np.testing.assert_array_equal(found == 0, theirs == 0)


def test_the_elastic_net_is_that_of_scikit_learn(regression):
    from sklearn.linear_model import ElasticNet

    x, y = regression
    alpha, ratio = 0.2, 0.7
    with jax.enable_x64(True):
        found = proximal_path([2 * alpha * ratio], [alpha * (1 - ratio)], jnp.asarray(x), y)[0]
    net = ElasticNet(alpha=alpha, l1_ratio=ratio, fit_intercept=False, tol=1e-13)
    np.testing.assert_allclose(found, net.fit(x, y).coef_, atol=1e-7)


def test_the_subgradient_leaves_no_exact_zero(regression):
    x, y = regression
    found = descend(("l1",), {"l1": 0.3}, optimizers.sgd(0.05), x.astype(np.float32), y, 500)
    assert (found != 0).all()
    assert (np.abs(found[4:]) < 0.05).all()
