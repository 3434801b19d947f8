"""What factories take for numbers, what they refuse, and how they say so to people and wrappers."""

import inspect
import io
import pydoc
import subprocess
import sys

import everything
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import lab.stubs
from lab import optimizers, schedules
from lab.optimizers import CATALOG
from lab.validation.errors import InputError

PARAMS = {"w": jnp.array([[1.0, -2.0], [0.5, 3.0]]), "b": jnp.array([0.5, -1.0])}
FACTORIES = [name for name in dir(optimizers) if name not in everything.NO_FACTORIES]


def label_of(parameter):
    """How the signature shows what a parameter may be."""
    return repr(parameter.annotation).split(" | ")[0]


def numbers():
    """(factory, parameter, label) of every number of every factory."""
    kinds = {"Number", "NonNegative", "Positive", "Share", "OpenShare", "Decay"}
    for name in FACTORIES:
        for parameter in inspect.signature(getattr(optimizers, name)).parameters.values():
            if label_of(parameter) in kinds | {"TracedWhole", "TracedCount", "ScalarOrSchedule"}:
                yield name, parameter.name, label_of(parameter)


def made(name, **kwargs):
    """The rule with one argument, and what else it cannot be made without."""
    factory = getattr(optimizers, name)
    given = {
        "learning_rate": 0.1, "opt": optimizers.sgd(0.1), "inner": optimizers.sgd(0.1),
        "fast_optimizer": optimizers.sgd(0.1), "base_optimizer": optimizers.sgd(0.1),
        "optimizer": optimizers.sgd(0.1), "adv_optimizer": optimizers.sgd(0.1),
        "rule": optimizers.sgd(0.1), "every_k_schedule": 2, "max_consecutive_errors": 2,
        "sync_period": 2, "slow_step_size": 0.5, "max_delta": 1.0, "max_norm": 1.0,
        "threshold": 1.0, "clipping": 0.1, "decay": 0.9, "eta": 0.1, "gamma": 0.1, "key": 0,
        "strength": 0.1, "l1": 0.1, "l2": 0.1, "mask": lambda p: jax.tree.map(lambda _: False, p),
        "factors": 1.0, "init_step": ("heuristic", 1e-6),
    }  # fmt: skip
    needed = {
        p.name: given[p.name]
        for p in inspect.signature(factory).parameters.values()
        if p.default is p.empty or (p.name == "key" and "noise" in name + str(p))
    }
    return factory(**(needed | kwargs))


NUMBERS = list(numbers())
WHOLE = {"Decay": 0, "OpenShare": None, "Share": 1}  # else 1 is in range
OWN_RANGE = {
    ("reduce_on_plateau", "factor"): None,
    ("radam", "b2"): None,
    ("radam", "threshold"): 5,
    ("ademamix", "b3"): 0,
    ("simplified_ademamix", "b1"): 0,
}


@pytest.mark.parametrize(("name", "parameter", "label"), NUMBERS)
def test_whole_numbers_are_numbers(name, parameter, label):
    whole = OWN_RANGE.get((name.removeprefix("scale_by_"), parameter), WHOLE.get(label, 1))
    if whole is None:
        pytest.skip("no whole number is in range")
    for number in (whole, np.int64(whole), np.float32(whole)):
        rule = made(name, **{parameter: number})
        assert isinstance(rule, optax.GradientTransformation)


BAD = {
    "Number": ("x", True, float("nan"), None, [0.1]),
    "NonNegative": (-1, -0.5, "x", True, float("nan")),
    "Positive": (0, -1, "x", True, float("nan")),
    "Share": (-0.1, 1.5, "x", True),
    "OpenShare": (0, 1, -0.1, "x", True),
    "Decay": (-0.1, 1, 1.5, "x", True, float("nan")),
    "TracedWhole": (-1, 0.5, "x", True),
    "TracedCount": (0, -1, 0.5, "x", True),
    "ScalarOrSchedule": ("x", True, float("nan"), [0.1]),
}


@pytest.mark.parametrize(("name", "parameter", "label"), NUMBERS)
def test_numbers_out_of_range_are_refused_in_a_sentence(name, parameter, label):
    for number in BAD[label]:
        if number is None and "None" in str(inspect.signature(getattr(optimizers, name))):
            continue
        with pytest.raises(InputError, match=parameter) as raised:
            made(name, **{parameter: number})
        assert str(raised.value).count("\n") == 0


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: optimizers.reduce_on_plateau(accumulation_size=0), "accumulation_size must be a"),
        (lambda: optimizers.reduce_on_plateau(patience=-1), "patience must be a whole number"),
        (lambda: optimizers.multi_steps(optimizers.sgd(0.1), 0), "every_k_schedule must be"),
        (lambda: optimizers.clip(-1), "max_delta must be a number of at least 0, given -1"),
        (lambda: optimizers.clip_by_global_norm(-1), "max_norm must be a number of at least 0"),
        (lambda: optimizers.schedule_free_sgd(b1=0), "b1 must be"),
        (lambda: optimizers.schedule_free_adamw(b1=0), "b1 must be"),
        (lambda: optimizers.lookahead(optimizers.sgd(0.1), 0, 0.5), "sync_period must be"),
        (lambda: optimizers.lookahead(optimizers.sgd(0.1), 5, 1.5), "slow_step_size must be"),
        (lambda: optimizers.apply_if_finite(optimizers.sgd(0.1), -1), "max_consecutive_errors"),
        (lambda: optimizers.adamw(0.1, weight_decay=-1), "weight_decay must be a number of at"),
    ],
)
def test_what_was_accepted_silently_is_refused(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


@pytest.mark.parametrize("name", FACTORIES)
def test_the_signature_is_for_people(name):
    page = io.StringIO()
    pydoc.Helper(output=page)(getattr(optimizers, name))
    text = page.getvalue().split("\n\n")[1]
    for noise in ("Kind(", "<function", "Annotated", "lambda", "typing."):
        assert noise not in text.splitlines()[0]
    assert text.startswith(f"{name}(")


def test_a_signature_reads_as_it_is_written():
    assert str(inspect.signature(optimizers.adam)) == (
        "(learning_rate: ScalarOrSchedule, b1: Decay = 0.9, b2: Decay = 0.999, "
        "eps: NonNegative = 1e-08, eps_root: NonNegative = 0.0, mu_dtype: DTypeLike | None = None, "
        "*, nesterov: bool = False) -> GradientTransformationExtraArgs"
    )


# optax.inject_hyperparams


# The same gradient again and again is diagonal in its own axes: SPlus takes signs of what rounding
# leaves beside the diagonal. That numbers may be traced is seen in test_optimizer_contract.py.
SIGNS_OF_ROUNDING = {"splus"}


@pytest.mark.parametrize("name", sorted(set(CATALOG) - SIGNS_OF_ROUNDING))
def test_hyperparameters_may_be_injected(name):
    """Without `static_args`: what is structure says so."""
    factory = CATALOG[name].by_hand
    key = {"key": 0} if "key" in inspect.signature(factory).parameters else {}
    if name == "soap":  # where there is no gradient, it takes rounding of 1e-8 for one
        key["eps"] = 1e-3
    rate = "max_learning_rate" if name == "polyak_sgd" else "learning_rate"
    injected = optax.inject_hyperparams(factory)(**{rate: 0.1}, **key)
    plain = factory(**{rate: 0.1}, **key)
    states = injected.init(PARAMS), plain.init(PARAMS)

    @jax.jit
    def both(states):
        pairs = zip((injected, plain), states, strict=True)
        return [everything.step(rule, PARAMS, state) for rule, state in pairs]

    for _ in range(2):
        (mine, state), (right, other) = both(states)
        states = state, other
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-3, atol=1e-6), mine, right
        )
    assert states[0].hyperparams[rate] == np.float32(0.1)
    state = states[0]._replace(hyperparams=states[0].hyperparams | {rate: jnp.float32(0.2)})
    again, _ = everything.step(injected, PARAMS, state)
    assert jax.tree.structure(again) == jax.tree.structure(PARAMS)


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("lbfgs", {"memory_size": 3}),
        ("adafactor", {"min_dim_size_to_factor": 2, "weight_decay_mask": lambda p: p}),
        ("soap", {"max_size": 1, "update_interval": 3}),
        ("muon", {"ns_steps": 3}),
        ("shampoo", {"max_size": 1}),
        ("adamw", {"mask": lambda p: jax.tree.map(lambda x: x.ndim > 1, p)}),
    ],
)
def test_structure_that_is_given_is_no_hyperparameter(name, kwargs):
    factory = CATALOG[name].by_hand
    injected = optax.inject_hyperparams(factory)(learning_rate=0.1, **kwargs)
    state = injected.init(PARAMS)
    assert not set(kwargs) & set(state.hyperparams)
    jax.jit(lambda s: everything.step(injected, PARAMS, s))(state)


# What editors and type checkers read


@pytest.mark.parametrize("package", [optimizers, schedules], ids=lambda p: p.__name__)
def test_the_stub_is_that_of_the_package(package):
    assert lab.stubs.path(package).read_text() == lab.stubs.stub(package), "python -m lab.stubs"


def test_a_type_checker_knows_names_and_parameters(tmp_path):
    (tmp_path / "used.py").write_text(
        "from lab import optimizers, schedules\n"
        "optimizers.adamw(1e-3, weight_decay=0.1)\n"
        "schedules.cosine_decay_schedule(0.1, 100)\n"
        "optimizers.adamww(1e-3)\n"
        "optimizers.adamw(1e-3, weight_dekay=0.1)\n"
        "schedules.cosine_decay_schedul(0.1, 100)\n"
    )
    root = lab.stubs.path(optimizers).parents[2]
    (tmp_path / "pyrightconfig.json").write_text(f'{{"extraPaths": ["{root}"]}}')
    run = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    wrong = [
        line.split(" - ")[0].split(":")[1] for line in run.stdout.splitlines() if " - error" in line
    ]
    assert wrong == ["4", "5", "6"], run.stdout
