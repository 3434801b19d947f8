"""How the numbers among the features are scaled: estimators that are fitted to training rows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lab.validation.errors import UnknownNameError


def standard() -> Any:
    """Each column less its mean, over its standard deviation."""
    from sklearn.preprocessing import StandardScaler

    return StandardScaler()


def minmax() -> Any:
    """Each column from 0 at its least training value to 1 at its largest; others may be beyond."""
    from sklearn.preprocessing import MinMaxScaler

    return MinMaxScaler()


class Whole:
    """All columns together less their mean, over their standard deviation.

    For pixels: they keep one scale, so that scaling and moving an image may change places.
    """

    def fit(self, x: np.ndarray, y: Any = None) -> "Whole":
        """Take mean and deviation from x [N, D]."""
        del y
        x = np.asarray(x, np.float64)
        self.mean_, self.scale_ = float(x.mean()), float(x.std()) or 1.0
        return self

    def transform(self, x: np.ndarray) -> np.ndarray:
        """[N, D] -> [N, D]."""
        return (np.asarray(x, np.float64) - self.mean_) / self.scale_

    def fit_transform(self, x: np.ndarray, y: Any = None) -> np.ndarray:
        """Both."""
        return self.fit(x, y).transform(x)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """None: scikit-learn's pipelines copy estimators by them."""
        del deep
        return {}

    def set_params(self) -> "Whole":
        """Nothing to set."""
        return self

    def __sklearn_tags__(self) -> Any:
        """Those of any estimator: scikit-learn's pipelines ask for them."""
        from sklearn.base import BaseEstimator

        return BaseEstimator().__sklearn_tags__()


def unscaled() -> Any:
    """Columns as they are."""
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer()


SCALINGS: dict[str, Callable[[], Any]] = {
    "standard": standard,
    "minmax": minmax,
    "whole": Whole,
    "none": unscaled,
}
# (shift, scale) of a fitted one: it makes (x - shift) / scale of x
AFFINE: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "standard": lambda one: (one.mean_, one.scale_),
    "minmax": lambda one: (one.data_min_, 1 / one.scale_),
    "whole": lambda one: (one.mean_, one.scale_),
    "none": lambda one: (0.0, 1.0),
}
SHARED = ("whole", "none")  # where pixels keep one scale


def check_scaling(name: str) -> None:
    """Refuse a name that is no scaling."""
    if name not in SCALINGS:
        raise UnknownNameError("scaling", name, SCALINGS)
