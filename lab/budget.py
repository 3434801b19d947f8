"""How much training a run may do, in a declared currency."""

from dataclasses import dataclass

from lab.errors import require


@dataclass(frozen=True)
class Budget:
    """An amount in exactly one currency, the same for every run that is compared.

    Attributes:
      updates: Parameter updates.
      examples: Training examples read, with repetition; ⌊examples / batch size⌋ updates.
      epochs: Passes over the training rows; ⌊epochs · rows⌋ examples.

    Raises:
      InputError: If not exactly one currency is given, or the amount is not positive.
    """

    updates: int | None = None
    examples: int | None = None
    epochs: float | None = None

    def __post_init__(self):
        given = {k: v for k, v in vars(self).items() if v is not None}
        require(
            len(given) == 1,
            "a Budget takes exactly one of updates, examples, epochs; "
            f"given {', '.join(f'{k}={v}' for k, v in given.items()) or 'none'}.",
        )
        (currency, amount), *_ = given.items()
        number = isinstance(amount, int | float) and not isinstance(amount, bool)
        require(
            number and 0 < amount < float("inf"),
            f"Budget({currency}={amount!r}): the amount must be a positive number.",
        )
        require(
            currency == "epochs" or amount == int(amount),
            f"Budget({currency}={amount!r}): {currency} are counted in whole numbers.",
        )

    @property
    def currency(self) -> str:
        """`"updates"`, `"examples"` or `"epochs"`."""
        return next(name for name, amount in vars(self).items() if amount is not None)

    @property
    def amount(self) -> float:
        """How many of the currency."""
        return getattr(self, self.currency)

    def in_examples(self, batch_size: int, train_rows: int) -> int:
        """The number of examples a run at `batch_size` may read."""
        if self.updates is not None:
            return int(self.updates) * batch_size
        if self.examples is not None:
            return int(self.examples)
        assert self.epochs is not None
        return int(self.epochs * train_rows + 1e-9)

    def in_updates(self, batch_size: int, train_rows: int) -> int:
        """The number of updates at `batch_size`: ⌊examples / batch size⌋, at least one.

        Raises:
          InputError: If the budget does not pay for a single update.
        """
        updates = self.in_examples(batch_size, train_rows) // batch_size
        require(
            updates >= 1,
            f"Budget({self.currency}={self.amount}) pays for no update at batch_size={batch_size}; "
            f"at least {batch_size} examples are needed.",
        )
        return updates

    def __str__(self) -> str:
        return f"{self.amount:g} {self.currency}"
