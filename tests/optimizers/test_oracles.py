"""Lab beside torch and keras, whose paths are recorded in tests/oracles (neither is installed)."""

import numpy as np
import pytest

from lab.optimizers import CATALOG
from studies._site import parity
from studies._site.peers import CASES, OPTAX_REASONS, REASONS

RECORDED = {library: parity.recorded(library) for library in parity.PEERS}
PAIRS = [(lib, name) for lib, oracle in RECORDED.items() for name in oracle["trajectories"]]


@pytest.mark.parametrize(("library", "name"), PAIRS)
def test_the_lab_is_the_same_or_differs_for_a_stated_reason(library, name):
    error = parity.error(library, name, RECORDED[library])
    if (library, name) in REASONS:
        assert error > parity.EXACT, "the same by now: drop the reason"
    else:
        assert error <= parity.EXACT


@pytest.mark.parametrize("library", parity.PEERS)
def test_every_case_is_recorded_as_it_is_written(library):
    trajectories = RECORDED[library]["trajectories"]
    calls = {name: getattr(case, library) for name, case in CASES.items()}
    assert set(trajectories) == {name for name, call in calls.items() if call}
    for name, kept in trajectories.items():
        assert kept["call"] == list(calls[name]), "run `make oracles`"
        assert kept["fixed_rate"] == CASES[name].fixed_rate
    assert set(REASONS) <= set(PAIRS)


def test_the_gradients_are_hard():
    gradients = np.array(RECORDED["torch"]["gradients"])
    assert RECORDED["keras"]["gradients"] == RECORDED["torch"]["gradients"]
    assert np.median(np.abs(gradients[:, 0, 2])) < 1e-6
    assert (np.diff(np.sign(gradients[:, 0, 1])) != 0).all()
    assert (gradients == 0).any()


def test_optax_differs_where_it_is_said_to():
    for name in OPTAX_REASONS:
        assert parity.error_of_optax(name, alias=True) > 1e-6, name


def test_the_committed_table_has_every_optimizer_and_reason():
    page = (parity.ROOT / "figures" / "parity.md").read_text()
    assert {row.split("`")[1] for row in page.splitlines() if row.startswith("| `")} == set(CATALOG)
    assert all(reason.replace("|", "\\|") in page for reason in REASONS.values())
    assert "no reason is known" not in page


@pytest.mark.slow
def test_the_committed_table_is_up_to_date():
    page = (parity.ROOT / "figures" / "parity.md").read_text()
    assert page == parity.page(), "run `python -m studies._site.parity`"


def _adam(gradients, rates, start, change):
    """Adam in NumPy, with one change."""
    w, m, v, top, path = np.array(start), 0.0, 0.0, 0.0, []
    for t, (g, rate) in enumerate(zip(gradients, rates, strict=True), 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        top = np.maximum(top, v)
        one, two = 1 - 0.9**t, np.sqrt(1 - 0.999**t)
        if change == "ε-hat":
            w = w - rate * two / one * m / (np.sqrt(v) + 1e-8)
        elif change == "maximum of v":
            w = w - rate / one * m / (np.sqrt(top) / two + 1e-8)
        elif change == "both":
            w = w - rate * two / one * m / (np.sqrt(top) + 1e-8)
        path.append(w)
    return np.stack(path)


@pytest.mark.parametrize(
    ("library", "name", "change"),
    [
        ("keras", "adam", "ε-hat"),
        ("torch", "amsgrad", "maximum of v"),
        ("keras", "amsgrad", "both"),
    ],
)
def test_the_reason_explains_the_difference(library, name, change):
    oracle = RECORDED[library]
    path = _adam(np.array(oracle["gradients"]), oracle["rates"]["false"], oracle["start"], change)
    recorded = np.array(oracle["trajectories"][name]["parameters"])
    assert parity.apart(path, recorded) < parity.EXACT
