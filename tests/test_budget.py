"""A budget pays for whole updates, in every currency, and leaves less than the price of one."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import Budget, InputError
from lab.budget import CURRENCIES, Price

PRICE = Price(1, 32, 2, 1.5e6, 2**-12)


@pytest.mark.parametrize(
    ("budget", "updates", "unspent"),
    [
        (Budget(updates=10), 10, 0),
        (Budget(examples=100), 3, 4),
        (Budget(epochs=2), 6, 8),  # 200 examples
        (Budget(epochs=0.5), 1, 18),
        (Budget(gradient_evaluations=7), 3, 1),
        (Budget(flops=10e6), 6, 1e6),
        (Budget(seconds=1.0), 4096, 0),
    ],
    ids=str,
)
def test_a_budget_is_spent_up_to_less_than_an_update(budget, updates, unspent):
    assert budget.in_updates(PRICE, 100) == updates
    assert budget.unspent(PRICE, 100, updates) == pytest.approx(unspent)


@given(
    currency=st.sampled_from(CURRENCIES),
    amount=st.integers(1, 10**6),
    unit=st.floats(1e-3, 1e4),
    parts=st.integers(1, 30),
)
def test_what_is_left_is_less_than_an_update_costs(currency, amount, unit, parts):
    unit = round(unit) + 1 if currency == "examples" else 1 if currency == "updates" else unit
    price, budget = Price()._replace(**{currency: unit}), Budget(**{currency: amount})
    updates = budget.in_updates(price, 1)
    assert 0 <= amount - Fraction(unit) * updates < unit
    assert 0 <= budget.unspent(price, 1, updates) < unit
    shares = [budget.in_updates(price, 1, Fraction(k, parts)) for k in range(parts + 1)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, updates)


def test_a_price_that_is_not_known_cannot_be_paid():
    with pytest.raises(InputError, match="flops is not known beforehand"):
        Budget(flops=1e9).in_updates(Price(), 100)


def test_numpys_numbers_are_pythons():
    assert Budget(updates=np.int64(3)) == Budget(updates=3)
    assert type(Budget(updates=np.int64(3)).amount) is int
