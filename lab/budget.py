"""How much training a run may do, in a declared currency, and what an update costs in each."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from lab.validation.errors import require, shown
from lab.validation.kinds import is_real, plain

CURRENCIES = ("updates", "examples", "gradient_evaluations", "flops", "seconds")


class Price(NamedTuple):
    """What one update costs in each currency; NaN where that is not known."""

    updates: float = 1
    examples: float = 1
    gradient_evaluations: float = 1
    flops: float = math.nan
    seconds: float = math.nan


@dataclass(frozen=True)
class Budget:
    """An amount in exactly one currency, the same for every run that is compared.

    Attributes:
      updates: Parameter updates.
      examples: Training examples read, with repetition.
      epochs: Passes over the training rows: ⌊epochs · rows⌋ examples.
      gradient_evaluations: Gradients of a batch; a rule that needs two an update gets half as
        many updates.
      flops: Floating-point operations of the updates, counted by `lab.flops`.
      seconds: Time of the updates, each program timed alone on one device, without compilation.

    Raises:
      InputError: If not exactly one currency is given, or the amount is not positive.
    """

    updates: int | None = None
    examples: int | None = None
    epochs: float | None = None
    gradient_evaluations: float | None = None
    flops: float | None = None
    seconds: float | None = None

    def __post_init__(self):
        given = {k: v for k, v in vars(self).items() if v is not None}
        require(
            len(given) == 1,
            f"a Budget takes exactly one of {', '.join(vars(self))}; "
            f"given {', '.join(f'{k}={shown(v)}' for k, v in given.items()) or 'none'}.",
        )
        (currency, amount), *_ = given.items()
        require(
            is_real(amount) and 0 < amount < math.inf,
            f"Budget({currency}={shown(amount)}): the amount must be a positive number.",
        )
        require(
            currency not in ("updates", "examples") or amount == int(amount),
            f"Budget({currency}={shown(amount)}): {currency} are counted in whole numbers.",
        )
        object.__setattr__(self, currency, plain(amount))

    @property
    def currency(self) -> str:
        """The one that is given."""
        return next(name for name, amount in vars(self).items() if amount is not None)

    @property
    def amount(self) -> float:
        """How many of the currency."""
        return getattr(self, self.currency)

    def in_updates(self, price: Price, train_rows: int, share: Fraction = Fraction(1)) -> int:
        """The number of whole updates that `share` of the budget pays for.

        ⌊share · amount / price of an update⌋, so that what is left is less than an update costs.

        Args:
          price: Of one update.
          train_rows: Rows of an epoch.
          share: Of the budget, in [0, 1].

        Raises:
          InputError: If the price in this currency is not known.
        """
        amount, unit = self._in_currency(price, train_rows)
        return math.floor(share * amount / unit)

    def unspent(self, price: Price, train_rows: int, updates: int) -> float:
        """Declared less executed, in the currency (examples, for epochs): at least 0."""
        amount, unit = self._in_currency(price, train_rows)
        return float(amount - updates * unit)

    def _in_currency(self, price: Price, train_rows: int) -> tuple[Fraction, Fraction]:
        if self.epochs is not None:
            return Fraction(int(self.epochs * train_rows + 1e-9)), Fraction(price.examples)
        unit = getattr(price, self.currency)
        require(
            math.isfinite(unit) and unit > 0,
            f"Budget({self.currency}={self.amount:g}) cannot be spent: what an update costs in "
            f"{self.currency} is not known beforehand, because it depends on the data.",
        )
        return Fraction(self.amount), Fraction(unit)

    def __str__(self) -> str:
        return f"{self.amount:g} {self.currency.replace('_', ' ')}"
