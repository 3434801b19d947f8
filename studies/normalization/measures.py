"""What the study of normalization measures of its runs."""

from dataclasses import dataclass

import jax
import numpy as np
import xarray as xr

from lab import losses, models
from lab.models import MLP
from lab.types import Snapshot


def matched(updates: int) -> float:
    """Momentum of running averages that remember a tenth of a run of so many updates."""
    return max(0.5, 1 - 10 / updates)


@dataclass(frozen=True)
class BothModes:
    """Probe: loss of the batch as in training, and with running averages in place of its own."""

    model: MLP

    def __call__(self, snapshot: Snapshot) -> dict[str, jax.Array]:
        """Before the update."""
        batch, numbers = snapshot.batch, snapshot.hypers.task
        outputs, _ = models.apply(
            self.model, snapshot.params, snapshot.model_state, batch["x"], train=False,
            hypers=numbers,
        )  # fmt: skip
        each = losses.softmax_cross_entropy_with_integer_labels(outputs, batch["y"])
        return {"training": snapshot.loss, "inference": each.mean()}


def gap(swept: xr.Dataset) -> np.ndarray:
    """Loss in inference over loss in training, same rows and parameters, second half: [S]."""
    half = swept.isel(probe_step=slice(swept.sizes["probe_step"] // 2, None))
    inference, training = (
        half[f"probe_{mode}"].transpose("seed", "probe_step").values.astype(float).mean(-1)
        for mode in ("inference", "training")
    )
    return less(inference, training)


def last(swept: xr.Dataset, metric: str) -> np.ndarray:
    """Validation metric at the end, seeds last; a diverged run knows nothing: 0 of accuracy."""
    values = swept[f"validation_{metric}"].isel(step=-1)
    values = values.transpose(..., "seed").values.astype(float)
    return np.where(np.isfinite(values), values, 0.0 if metric == "accuracy" else np.inf)


def training_loss(swept: xr.Dataset) -> np.ndarray:
    """Of batches in the last tenth, in inference mode, as validation rows are judged: [S]."""
    inference = swept.probe_inference.transpose("seed", "probe_step").values.astype(float)
    return inference[:, -max(1, inference.shape[1] // 10) :].mean(-1)


def less(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Losses a − b; infinite where both are, of a run that has diverged."""
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(a - b, nan=np.inf, posinf=np.inf, neginf=-np.inf)
