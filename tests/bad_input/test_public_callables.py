"""Public callables accept or refuse in one sentence whatever they are given, and write nothing."""

import traceback

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lab.errors import InputError
from tests.bad_input import specimens
from tests.bad_input.kinds import Bad, Nonsense, bad

FEWEST = 20
SPECIMENS = {
    name: specimen
    for name, specimen in specimens.collected().items()
    if name.split(".")[1] in specimens.ROOMS
}
ordinary = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("room", specimens.ROOMS)
def test_every_public_callable_has_a_specimen(room):
    assert set(specimens.public(room)) <= set(SPECIMENS)


@pytest.fixture
def nothing_written(tmp_path, monkeypatch):
    """The test runs two folders below one that it must leave as it was."""
    below = tmp_path / "one" / "two"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    yield
    assert sorted(tmp_path.rglob("*")) == [below.parent, below]


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("name", SPECIMENS)
def test_bad_input_is_accepted_or_refused_in_one_sentence(name):
    assert not complaints(SPECIMENS[name], 24)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("name", SPECIMENS)
def test_much_bad_input_is_accepted_or_refused_in_one_sentence(name):
    assert not complaints(SPECIMENS[name], 500)


def complaints(specimen, examples):
    """What went wrong for which bad argument, in `examples` calls (and one per argument)."""
    specimen.call(**specimen.arguments)
    valid, found, met = specimen.spoilable, {}, []

    def meets(argument, value: Bad):
        met.append(argument)
        complaint = outcome(specimen, argument, value)
        if complaint:
            found[f"{argument}={value.value!r:.80}"] = complaint

    for argument in valid:
        meets(argument, Bad(Nonsense(), hopeless=True))
    a_bad_argument = st.sampled_from(list(valid)).flatmap(
        lambda argument: st.tuples(st.just(argument), bad(valid[argument]))
    )

    @settings(ordinary, max_examples=examples)
    @given(a_bad_argument)
    def meet_many(pair):
        meets(*pair)

    meet_many()
    assert len(met) >= FEWEST, f"{specimen.name} met {len(met)} bad inputs only"
    return found


def outcome(specimen, argument, value: Bad) -> str:
    """What is wrong with how the call took a bad argument; nothing if it is empty."""
    try:
        with np.errstate(all="ignore"):
            specimen.call(**{**specimen.arguments, argument: value.value})
    except InputError as refusal:
        return fault(str(refusal), {argument, *specimens.names_in(specimen.spoilable[argument])})
    except Exception as error:
        return "" if _is_the_callers(error) else f"{type(error).__name__}: {str(error)[:200]}"
    return "accepted" if value.hopeless else ""


def _is_the_callers(error: Exception) -> bool:
    """Whether a function that was an argument raised it: that comes through as it is."""
    frames = list(traceback.walk_tb(error.__traceback__))[2:]  # without `outcome` and the callable
    return any("tests/bad_input" in frame.f_code.co_filename for frame, _ in frames)


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
