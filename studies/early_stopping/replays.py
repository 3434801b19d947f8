"""Rules of early stopping, replayed on runs that were trained to the end."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from lab.sweeps.early_stopping.rule import EarlyStopping, replay

PATIENCES = (1, 2, 4, 8, 16, 32)
DELTAS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1)


class Replayed(NamedTuple):
    """What a rule comes to: [splits] each, means over runs."""

    outcome: np.ndarray  # test error in %, or test loss
    share: np.ndarray  # of the budget spent


Replays = dict[tuple[str, float], Replayed]


def replays(one: xr.Dataset, patience: int) -> Replays:
    """All rules on one data set, by what is varied, and its value; the others are as declared."""
    error, loss = on_tests(one, "error"), on_tests(one, "loss")
    whole = np.ones(len(error))
    return {
        **{("patience", p): replayed(one, rule(p)) for p in PATIENCES},
        **{("last kept", p): replayed(one, rule(p, restore=False)) for p in PATIENCES},
        **{("delta", d): replayed(one, rule(patience, d)) for d in DELTAS},
        **{("rows", n): replayed(one, rule(patience), rows=n) for n in one.rows.values.tolist()},
        ("watching", 1): replayed(one, rule(patience), monitor="error"),
        ("loss", 1): replayed(one, rule(patience), of="loss"),
        ("end", 1): Replayed(100 * error[..., -1].mean(1), whole),
        ("hindsight", 1): Replayed(100 * error.min(-1).mean(1), whole),
        ("end loss", 1): Replayed(loss[..., -1].mean(1), whole),
    }


def rule(patience: int, delta: float = 0.0, restore: bool = True) -> EarlyStopping:
    """The rules that are replayed."""
    return EarlyStopping(patience=patience, min_delta=delta, restore_best_weights=restore)


def replayed(
    one: xr.Dataset, rule: EarlyStopping, rows: int = 0, monitor: str = "loss", of: str = "error"
) -> Replayed:
    """A rule that watches so many validation rows."""
    seen = one[f"validation_{monitor}"].sel(rows=rows).transpose("split", "seed", "step").values
    found, share = outcome(rule, seen, on_tests(one, of))
    return Replayed(found * (100 if of == "error" else 1), share)


def outcome(
    rule: EarlyStopping, seen: np.ndarray, outcomes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What a rule comes to, and the share of the budget spent; means over runs.

    Args:
      rule: Which; it may go back to the best weights or not.
      seen: [splits, runs, K] what it monitors; less is better.
      outcomes: [splits, runs, K] on the test rows.

    Returns:
      Outcome [splits] and share [splits].
    """
    count = seen.shape[-1]
    watch = replay(rule, seen.reshape(-1, count))
    stop = np.where(watch.stopped_at > 0, watch.stopped_at, count)
    kept = np.where(watch.best_at > 0, watch.best_at, stop) if rule.restore_best_weights else stop
    found = np.take_along_axis(outcomes.reshape(-1, count), kept[:, None] - 1, 1)
    return found.reshape(seen.shape[:2]).mean(1), (stop / count).reshape(seen.shape[:2]).mean(1)


def on_tests(one: xr.Dataset, of: str) -> np.ndarray:
    """[splits, runs, K]: `"loss"` or `"error"` on the test rows."""
    return one[f"test_{of}"].isel(all=0).transpose("split", "seed", "step").values
