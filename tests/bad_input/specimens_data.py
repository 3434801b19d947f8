"""Data sets, files, splits."""

import tempfile
from pathlib import Path

import numpy as np

from lab import data
from tests.bad_input.specimens import Specimen

IRIS = data.load("iris")
SPLIT = data.make_split(IRIS, 0)
PREPARED = data.prepare(IRIS, SPLIT)
FILE = Path(tempfile.mkdtemp()) / "small.csv"
ROWS = np.random.default_rng(0).normal(size=(40, 2)).tolist()
FILE.write_text(
    "a,b,g,y\n" + "".join(f"{a},{b},{i % 5},{i % 2}\n" for i, (a, b) in enumerate(ROWS))
)

SPECIMENS = (
    Specimen("lab.data.load", {"name": "iris"}),
    Specimen("lab.data.from_file", {"path": FILE, "target": "y"}),
    Specimen("lab.data.from_openml", {"name": "small"}, work=("lab.data.openml._fetch",)),
    Specimen("lab.data.make_split", {"table": IRIS, "seed": 0}),
    Specimen("lab.data.prepare", {"table": IRIS, "split": SPLIT}),
    Specimen("lab.data.source", {"table": IRIS}),
    Specimen("lab.data.Source", {"table": IRIS}),
    Specimen(
        "lab.data.Split", {"train": SPLIT.train, "validation": SPLIT.validation, "test": SPLIT.test}
    ),
    Specimen("lab.data.Prepared", vars(PREPARED)),
    Specimen(
        "lab.data.Table",
        {"name": "t", "features": np.array(ROWS), "targets": np.arange(40) % 2,
         "kind": "classification", "feature_names": ("a", "b")},
    ),
)  # fmt: skip
