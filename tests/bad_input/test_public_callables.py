"""Public callables accept or refuse in one sentence whatever they are given, and write nothing."""

import itertools
import traceback
from functools import partial
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import lab
from lab.validation.errors import InputError
from tests.bad_input import specimens
from tests.bad_input.kinds import Bad, Nonsense, bad

FEWEST = 20
HOME = str(Path(lab.__file__).parent)
PUBLIC = specimens.public()
SPECIMENS = specimens.collected()
ordinary = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_every_public_callable_has_a_specimen():
    assert sorted(SPECIMENS) == PUBLIC


@pytest.fixture(autouse=True, scope="module")
def plain_tracebacks():
    """Nobody reads them, and to filter one takes longer than what raised it."""
    jax.config.update("jax_traceback_filtering", "off")
    yield
    jax.config.update("jax_traceback_filtering", "auto")


@pytest.fixture
def nothing_written(tmp_path, monkeypatch):
    """The test runs two folders below one that it must leave as it was."""
    below = tmp_path / "one" / "two"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    yield
    assert sorted(tmp_path.rglob("*")) == [below.parent, below]


def traced(call):
    """Call it with nothing compiled; as it is, where it looks at the numbers of arrays."""
    try:
        jax.eval_shape(lambda: (call(), None)[1])
    except jax.errors.JAXTypeError:
        call()


def in_earnest(call):
    """Call it as it is."""
    call()


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("name", SPECIMENS)
def test_bad_input_is_accepted_or_refused_in_one_sentence(name):
    assert not complaints(SPECIMENS[name], 20, traced)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("name", SPECIMENS)
def test_much_bad_input_is_accepted_or_refused_in_one_sentence(name):
    assert not complaints(SPECIMENS[name], 300, in_earnest)


def complaints(specimen, examples, how):
    """What went wrong for which bad argument, in `examples` calls (and one per argument)."""
    function = partial(specimens.resolve(specimen.name), *specimen.first)
    valid, found, met = specimen.spoilable, {}, []

    def meets(argument, value: Bad):
        met.append(argument)
        call = partial(function, **{**specimen.arguments, argument: value.value})
        names = {argument, *specimens.names_in(valid[argument])}
        complaint = outcome(partial(how, call), names, value.hopeless)
        if complaint:
            found[f"{argument}={value.value!r:.80}"] = complaint

    a_bad_argument = st.sampled_from(list(valid)).flatmap(
        lambda argument: st.tuples(st.just(argument), bad(valid[argument]))
    )

    @settings(ordinary, max_examples=examples)
    @given(a_bad_argument)
    def meet_many(pair):
        with specimen.before_work():
            meets(*pair)

    with specimen.before_work():
        how(partial(function, **specimen.arguments))
    for argument in valid:
        with specimen.before_work():
            meets(argument, Bad(Nonsense(), hopeless=True))
    meet_many()
    assert len(met) >= FEWEST, f"{specimen.name} met {len(met)} bad inputs only"
    return found


def outcome(call, names, hopeless) -> str:
    """What is wrong with how a bad argument was taken; nothing if it is empty."""
    try:
        with np.errstate(all="ignore"):
            call()
    except InputError as refusal:
        return fault(str(refusal), names)
    except specimens.Began:
        pass
    except Exception as error:
        return "" if _is_the_callers(error) else f"{type(error).__name__}: {str(error)[:200]}"
    return "accepted" if hopeless else ""


def _is_the_callers(error: Exception) -> bool:
    """Whether a function that was an argument raised it: that comes through as it is."""
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    inside = itertools.dropwhile(lambda file: HOME not in file, files)
    return any("tests/bad_input" in file for file in inside)


def fault(sentence: str, names: set[str]) -> str:
    """What keeps a refusal from being one clear sentence about an argument of such a name."""
    if "\n" in sentence or len(sentence) > 600 or not sentence.endswith("."):
        return f"not one sentence: {sentence[:200]}"
    spellings = {
        s for name in names for s in (name, name.replace("_", " "), name.removesuffix("s"))
    }
    if not any(spelling.lower() in sentence.lower() for spelling in spellings):
        return f"does not name {min(names)}: {sentence[:200]}"
    return ""
