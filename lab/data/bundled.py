"""Data sets that come with scikit-learn: no download."""

from typing import Any

from lab.data.dataset import Dataset
from lab.data.table import Table


def digits() -> Table:
    """Handwritten digits, 8 × 8 pixels: 1,797 rows, 64 features, 10 classes."""
    bunch = _bunch("load_digits")
    return Table(
        "digits", bunch.data, bunch.target, "classification",
        feature_names=tuple(bunch.feature_names), image_shape=(8, 8),
    )  # fmt: skip


def breast_cancer() -> Table:
    """Cell nuclei, malignant or benign: 569 rows, 30 features, 2 classes."""
    return _classes("breast_cancer")


def wine() -> Table:
    """Chemical analyses of wines of three growers: 178 rows, 13 features, 3 classes."""
    return _classes("wine")


def iris() -> Table:
    """Leaves of three irises: 150 rows, 4 features, 3 classes."""
    return _classes("iris")


def diabetes() -> Table:
    """Progression of a disease after a year: 442 rows, 10 features, a number as target."""
    bunch = _bunch("load_diabetes", scaled=False)
    return Table(
        "diabetes", bunch.data, bunch.target, "regression", feature_names=tuple(bunch.feature_names)
    )


def _classes(name: str) -> Table:
    bunch = _bunch(f"load_{name}")
    return Table(
        name, bunch.data, bunch.target, "classification",
        feature_names=tuple(bunch.feature_names), class_names=tuple(bunch.target_names),
    )  # fmt: skip


def _bunch(loader: str, **options: Any) -> Any:
    from sklearn import datasets

    return getattr(datasets, loader)(**options)


_UCI = "https://archive.ics.uci.edu"

ENTRIES = tuple(
    Dataset(load.__name__, load, str(load.__doc__).strip(), reference)
    for load, reference in (
        (digits, f"Alpaydin & Kaynak 1998, {_UCI}/dataset/80"),
        (breast_cancer, f"Wolberg, Mangasarian, Street & Street 1993, {_UCI}/dataset/17"),
        (wine, f"Aeberhard & Forina 1992, {_UCI}/dataset/109"),
        (iris, f"Fisher 1936, {_UCI}/dataset/53"),
        (diabetes, "Efron, Hastie, Johnstone & Tibshirani 2004, Least angle regression"),
    )
)
