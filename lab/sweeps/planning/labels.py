"""Names that a record can hold."""

from typing import Any

from lab.budget import CURRENCIES
from lab.validation.errors import InputError, require, shown

OWN = {  # names that are taken, with what records keep by them
    **dict.fromkeys([*CURRENCIES, "unspent"], "what lanes are charged"),
    **dict.fromkeys(["step", "probe_step", "trial", "row", "output"], "a dimension"),
    **dict.fromkeys(["diverged_at", "stopped_early_at", "best_at"], "how lanes ended"),
    **dict.fromkeys(["train_loss", "outputs", "gradients_used", "probe"], "measurements"),
    "repeated": "which lanes are run again",
}


def check_label(name: str) -> None:
    """Refuse the name of an axis or a number that a record could not hold.

    Raises:
      InputError: If it is taken, empty or a path.
    """
    require(
        name not in OWN,
        f"{name!r} cannot be varied: records keep {OWN.get(name)} by that name.",
    )
    check_word(name, "an axis")


def check_word(name: Any, what: str) -> None:
    """Refuse what can be no name in a record."""
    fits = isinstance(name, str) and name.strip() and "/" not in name and "\0" not in name
    if not fits:
        raise InputError(
            f"the name of {what} must be a word without '/', not empty, given {shown(name)}."
        )
