"""What calls of checked functions take and refuse, in which words, and with how little looking."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import pytest

from lab.validation.checks import checked
from lab.validation.errors import InputError
from lab.validation.kinds import Count, Kind, Number, Positive, Share, Whole
from lab.validation.signature import Static


@checked
def full(a: Count, /, b: Whole, c: float = 1.0, *rest: Whole, d: str = "d", **others: Share):
    return a, b, c, rest, d, others


@pytest.mark.parametrize(
    ("args", "kwargs", "taken"),
    [
        ((1, 2), {}, (1, 2, 1.0, (), "d", {})),
        ((1,), {"b": 2, "c": 3}, (1, 2, 3, (), "d", {})),
        ((1, 2, 3, 4, 5), {"d": "x", "e": 0.5}, (1, 2, 3, (4, 5), "x", {"e": 0.5})),
        ((1,), {"b": 2, "a": 0.5}, (1, 2, 1.0, (), "d", {"a": 0.5})),  # not the first a
        ((Static(1), Static(2)), {"c": Static(3)}, (1, 2, 3, (), "d", {})),
    ],
)
def test_good_arguments_arrive_where_python_would_put_them(args, kwargs, taken):
    assert full(*args, **kwargs) == taken


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        ((0, 2), {}, "a must be a whole number of at least 1, given 0."),
        ((1,), {"b": -2}, "b must be a whole number of at least 0, given -2."),
        ((1, 2, "3"), {}, "c must be a number, given '3'."),
        ((1, 2, 3, 4, -5), {}, "rest must be a whole number of at least 0, given -5."),
        ((1, 2), {"d": 3}, "d must be text, given 3."),
        ((1, 2), {"e": 3}, "e must be a number between 0 and 1, given 3."),
    ],
)
def test_bad_arguments_are_refused_by_name(args, kwargs, words):
    with pytest.raises(InputError) as refused:
        full(*args, **kwargs)
    assert str(refused.value) == words


@checked
def short(a: Count, b: Count = 2):
    return a, b


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        ((), {"b": 0}),
        ((1, 2, 3), {}),
        ((0, 2, 3), {}),
        ((1,), {"a": 1}),
        ((0,), {"x": 1}),
    ],
)
def test_what_python_refuses_it_refuses_first(args, kwargs):
    with pytest.raises(TypeError, match=r"short\(\)"):
        short(*args, **kwargs)


def test_a_default_is_not_looked_at():
    @checked
    def odd(a: Count = None):  # type: ignore[assignment]
        return a

    assert odd() is odd(None) is None


LONG = list(range(1, 10_000))
HALVES = [n / 2 for n in LONG]
SEQUENCES: list[tuple[Any, Any, bool]] = [
    (Count, [], True),
    (Count, LONG, True),
    (Count, [*LONG, 0, *LONG], False),
    (Count, [*LONG, True, *LONG], False),
    (Count, [*LONG, 2**63], False),
    (Count, [*LONG, 1.0], False),
    (Count, [np.int64(3), 4], True),
    (Count, tuple(LONG), True),
    (Count, range(1, 5), True),
    (Count, range(5, 0, -1), True),
    (Count, range(3, -3, -1), False),
    (Count, range(0), True),
    (Count, np.array(LONG), True),
    (Count, np.array([3, 0, 3]), False),
    (Count, np.array([1.0, 2.0]), False),
    (Count, np.array([True, True]), False),
    (Count, np.array([[1, 2], [3, 4]]), False),
    (Positive, HALVES, True),
    (Positive, [*HALVES, np.nan, *HALVES], False),
    (Positive, [np.nan, *HALVES], False),
    (Positive, [*HALVES, np.inf], False),
    (float, [np.inf, 1.0, -np.inf], True),  # whose sum is NaN
    (float, [np.inf, np.nan, -np.inf], False),
    (Positive, [1, 2.5, np.float32(3)], True),
    (Positive, np.array(HALVES), True),
    (Positive, np.array([1.0, np.nan, 2.0]), False),
    (str, ["a", "b"], True),
    (str, ["a", 1, "b"], False),
]


@pytest.mark.parametrize("case", range(len(SEQUENCES)))
def test_a_sequence_is_refused_for_any_of_its_members(case):
    each, values, good = SEQUENCES[case]

    @checked
    def of(values: Sequence[each]):  # type: ignore[valid-type]
        return values

    if good:
        assert of(values) is values
    else:
        with pytest.raises(InputError, match=r"values must be a sequence \(each "):
            of(values)


def test_of_a_long_list_the_ends_alone_are_looked_at():
    seen = []
    even = Kind("even", lambda value: seen.append(value) or value % 2 == 0)
    least = Kind("large", lambda value: seen.append(value) or value > 0, interval=True)

    @checked
    def of(evens: Sequence[Annotated[int, even]], larges: tuple[Annotated[int, least], ...]): ...

    of([2] * 100, tuple(LONG))
    assert seen == [2] * 100 + [LONG[0], LONG[-1]]


def test_a_number_that_jax_does_not_have_is_refused_in_a_sentence():
    @checked
    def of(x: Number): ...

    if np.dtype(np.longdouble).itemsize > 8:
        with pytest.raises(InputError, match="x must be a number, given"):
            of(np.longdouble(2))
