"""Performance profiles: on which share of tasks is a method nearly the fastest?"""

import numpy as np

from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Finite, Samples


@checked
def performance_ratios(times: Samples) -> np.ndarray:
    """r_{s,w} = t_{s,w} / min_s t_{s,w}: how many times longer than the fastest.

    A miss is an infinite time. A task that all miss has infinite ratios for all.

    Args:
      times: [method, ..., task] times (or costs) to a target, positive or infinite.

    Raises:
      InputError: If a time is NaN or negative.

    References:
      Dolan & Moré, Benchmarking optimization software with performance profiles, 2002.

    >>> performance_ratios([[10.0, np.inf], [20.0, np.inf]])
    array([[ 1., inf],
           [ 2., inf]])
    """
    times = _checked(times)
    return _divided(times, times.min(0))


@checked
def ratios_to(times: Samples, reference: int) -> np.ndarray:
    """Times divided by those of one method: unlike a profile, no competitor can change them.

    0 where only the reference misses; infinite where the method misses, also if both do.

    Args:
      times: [method, ..., task].
      reference: Which method.
    """
    times = _checked(times)
    require(
        -len(times) <= reference < len(times),
        f"reference must be one of {len(times)} methods, given {reference}.",
    )
    return _divided(times, times[reference])


@checked
def performance_profile(ratios: Samples, at: Samples) -> np.ndarray:
    """ρ_s(τ) = share of tasks with r_{s,w} ≤ τ: [..., len(at)], a rising staircase.

    Args:
      ratios: [..., task].
      at: [K] values of τ.
    """
    ratios, at = np.asarray(ratios, np.float64), np.asarray(at, np.float64)
    require(at.ndim == 1, f"at must be one row of values, given shape {at.shape}.")
    return (ratios[..., None, :] <= at[:, None]).mean(-1)


@checked
def profile_score(ratios: Samples, r_max: Finite = 4.0) -> np.ndarray:
    """Mean height of the profile between 1 and r_max: 1 is fastest everywhere, 0 never near.

        (1/(r_max − 1)) ∫₁^{r_max} ρ(τ) dτ = (1/n) Σ_w max(0, r_max − r_w) / (r_max − 1)

    Args:
      ratios: [..., task], at least 1.
      r_max: Beyond which being slow is as bad as a miss.

    References:
      Dahl et al., Benchmarking neural network training algorithms, 2023, section 4.5.

    >>> profile_score([1.0, 2.5, np.inf, 4.0])
    np.float64(0.375)
    """
    ratios = np.asarray(ratios, np.float64)
    require(r_max > 1, f"r_max must be greater than 1, given {r_max}.")
    require(
        bool(np.all(ratios >= 1)),
        "ratios must be those to the fastest, which are at least 1; a fixed reference has none.",
    )
    return (np.maximum(0.0, r_max - ratios) / (r_max - 1)).mean(-1)


def _checked(times) -> np.ndarray:
    times = np.asarray(times, np.float64)
    require(times.ndim >= 2, f"times must be [method, ..., task], given shape {times.shape}.")
    require(bool(np.all(times >= 0)), "times must be positive or infinite, not NaN.")
    return times


def _divided(times: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Quotients, with 0/0 = 1 (both there at once) and ∞/∞ = ∞ (neither ever)."""
    base = np.broadcast_to(base, times.shape)
    plain = (base > 0) & np.isfinite(times)
    ratio = np.divide(times, base, out=np.full(times.shape, np.inf), where=plain)
    return np.where((base == 0) & (times == 0), 1.0, ratio)
