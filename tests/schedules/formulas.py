"""Every schedule in plain Python: whole numbers of any size, and double precision for the rest."""

import math
from itertools import accumulate, pairwise
from operator import mul


def _cosine(x):
    return 0.5 * (1 + math.cos(math.pi * x))


def _cut(t, length):
    return min(max(t, 0), length) / length


def linear(t, init_value, end_value, transition_steps, transition_begin=0):
    return init_value + (end_value - init_value) * _cut(t - transition_begin, transition_steps)


def polynomial(t, init_value, end_value, power, transition_steps, transition_begin=0):
    left = 1 - _cut(t - transition_begin, transition_steps)
    return end_value + (init_value - end_value) * left**power


def exponential(
    t, init_value, transition_steps, decay_rate, transition_begin=0, staircase=False, end_value=None
):
    gone = max(t - transition_begin, 0)
    power = gone // transition_steps if staircase else gone / transition_steps
    value = init_value * decay_rate**power
    if end_value is None:
        return value
    return max(value, end_value) if decay_rate < 1 else min(value, end_value)


def inverse_time(t, init_value, transition_steps, decay_rate, staircase=False):
    periods = t // transition_steps if staircase else t / transition_steps
    return init_value / (1 + decay_rate * periods)


def inverse_sqrt(t, init_value, peak_value, warmup_steps):
    if t < warmup_steps:
        return init_value + (peak_value - init_value) * t / warmup_steps
    return peak_value * math.sqrt(warmup_steps / t)


def cosine_decay(t, init_value, decay_steps, alpha=0.0, exponent=1.0):
    return init_value * ((1 - alpha) * _cosine(_cut(t, decay_steps)) ** exponent + alpha)


def _triangle(t, base, top, k):  # as in Smith's own code, with his floor in whole numbers
    x = abs((t - 2 * k * (1 + t // (2 * k)) + k) / k)
    return (top - base) * max(0.0, 1 - x)


def triangular(t, base_value, max_value, step_size):
    return base_value + _triangle(t, base_value, max_value, step_size)


def triangular2(t, base_value, max_value, step_size):
    height = _triangle(t, base_value, max_value, step_size)
    return base_value + height * 0.5 ** (t // (2 * step_size))


def exp_range(t, base_value, max_value, step_size, gamma):
    return base_value + _triangle(t, base_value, max_value, step_size) * gamma**t


def restarts(t, init_value, decay_steps, multiplier=1, end_value=0.0):
    length = decay_steps
    if multiplier == 1:
        t = t % length
    while t >= length:
        t, length = t - length, length * multiplier
    return end_value + (init_value - end_value) * _cosine(t / length)


def warmup_constant(t, init_value, peak_value, warmup_steps):
    if t >= warmup_steps:
        return peak_value
    return linear(t, init_value, peak_value, warmup_steps)


def warmup_cosine(
    t, init_value, peak_value, warmup_steps, decay_steps, end_value=0.0, exponent=1.0
):
    if t < warmup_steps:
        return linear(t, init_value, peak_value, warmup_steps)
    fraction = _cut(t - warmup_steps, decay_steps - warmup_steps)
    return end_value + (peak_value - end_value) * _cosine(fraction) ** exponent


def warmup_exponential(t, init_value, peak_value, warmup_steps, *args, **kwargs):
    if t < warmup_steps:
        return linear(t, init_value, peak_value, warmup_steps)
    return exponential(t - warmup_steps, peak_value, *args, **kwargs)


def sgdr(t, cosine_kwargs):
    *cycles, last = cosine_kwargs
    for cycle in cycles:
        if t < cycle["decay_steps"]:
            return warmup_cosine(t, **cycle)
        t -= cycle["decay_steps"]
    return warmup_cosine(t, **last)


def _through(t, knots, left):
    for (begin, start), (end, stop) in pairwise(knots):
        if t < end:
            weight = left((t - begin) / (end - begin))
            return weight * start + (1 - weight) * stop
    return knots[-1][1]


def warmup_stable_decay(
    t, init_value, peak_value, warmup_steps, stable_steps, decay_steps, end_value=0.0
):
    lengths = [0, warmup_steps, stable_steps, decay_steps]
    rates = [init_value, peak_value, peak_value, end_value]
    return _through(t, [*zip(accumulate(lengths), rates)], lambda x: 1 - x)


def linear_onecycle(
    t, transition_steps, peak_value, pct_start=0.3, pct_final=0.85, div_factor=25.0,
    final_div_factor=1e4,
):  # fmt: skip
    low = peak_value / div_factor
    top, back = math.floor(pct_start * transition_steps), math.floor(pct_final * transition_steps)
    knots = [(0, low), (top, peak_value), (back, low), (transition_steps, low / final_div_factor)]
    return _through(t, knots, lambda x: 1 - x)


def cosine_onecycle(
    t, transition_steps, peak_value, pct_start=0.3, div_factor=25.0, final_div_factor=1e4
):
    low = peak_value / div_factor
    top = math.floor(pct_start * transition_steps)
    knots = [(0, low), (top, peak_value), (transition_steps, low / final_div_factor)]
    return _through(t, knots, _cosine)


def piecewise_constant(t, init_value, boundaries_and_scales=None):
    pairs = (boundaries_and_scales or {}).items()
    return init_value * math.prod(scale for boundary, scale in pairs if t >= boundary)


def piecewise_interpolate(t, interpolate_type, init_value, boundaries_and_scales=None):
    pairs = sorted((boundaries_and_scales or {}).items())
    values = accumulate([init_value, *(scale for _, scale in pairs)], mul)
    knots = [*zip([0, *(boundary for boundary, _ in pairs)], values)]
    return _through(t, knots, _cosine if interpolate_type == "cosine" else lambda x: 1 - x)


FORMULAS = {
    "constant_schedule": lambda t, value: value,
    "linear_schedule": linear,
    "polynomial_schedule": polynomial,
    "exponential_decay": exponential,
    "step_decay": lambda t, init_value, step_size, decay_rate=0.1: (
        init_value * decay_rate ** (t // step_size)
    ),
    "inverse_time_decay": inverse_time,
    "inverse_sqrt_schedule": inverse_sqrt,
    "cosine_decay_schedule": cosine_decay,
    "cosine_restarts_schedule": restarts,
    "sgdr_schedule": sgdr,
    "triangular_schedule": triangular,
    "triangular2_schedule": triangular2,
    "exp_range_schedule": exp_range,
    "warmup_constant_schedule": warmup_constant,
    "warmup_cosine_decay_schedule": warmup_cosine,
    "warmup_exponential_decay_schedule": warmup_exponential,
    "warmup_stable_decay_schedule": warmup_stable_decay,
    "linear_onecycle_schedule": linear_onecycle,
    "cosine_onecycle_schedule": cosine_onecycle,
    "piecewise_constant_schedule": piecewise_constant,
    "piecewise_interpolate_schedule": piecewise_interpolate,
}
