"""Fetched data is checked against the hash of its first fetch; nothing here needs a network."""

from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pandas as pd
import pytest

from lab.data import from_openml, openml
from lab.validation.errors import InputError

RNG = np.random.default_rng(0)
SMALL = pd.DataFrame({"a": RNG.normal(size=30), "b": pd.Categorical(["u", "v", "w"] * 10)})
PIXELS = pd.DataFrame(RNG.integers(0, 255, (30, 144)), columns=[f"p{i}" for i in range(144)])
LABEL = pd.Series(pd.Categorical(["yes", "no"] * 15), name="label")


@pytest.fixture
def serve(monkeypatch):
    def _serve(data, target):
        calls = []

        def fetch(name, version, cache):
            calls.append((name, version, cache))
            return SimpleNamespace(data=data, target=target)

        monkeypatch.setattr(openml, "_fetch", fetch)
        return calls

    return _serve


def test_a_data_set_is_fetched_by_name_and_version(serve, tmp_path):
    calls = serve(SMALL, LABEL)
    table = from_openml("tiny/one", 3, cache=tmp_path)
    assert calls == [("tiny/one", 3, tmp_path)]
    assert (table.name, table.kind, table.class_names) == (
        "tiny/one",
        "classification",
        ("no", "yes"),
    )
    assert table.feature_names == ("a", "b")
    assert (tmp_path / "tiny_one-3.sha256").read_text().strip() == table.sha256()


def test_images_become_one_array(serve, tmp_path):
    serve(PIXELS, LABEL)
    table = from_openml("images", cache=tmp_path)
    assert table.features.dtype == np.float32
    assert table.image_shape == (12, 12)


def test_contents_that_changed_are_refused(serve, tmp_path):
    serve(SMALL, LABEL)
    first = from_openml("tiny", cache=tmp_path)
    assert from_openml("tiny", cache=tmp_path).sha256() == first.sha256()
    serve(SMALL.assign(a=SMALL.a + 1), LABEL)
    with pytest.raises(InputError, match="when first fetched: delete"):
        from_openml("tiny", cache=tmp_path)


@pytest.mark.parametrize("error", [URLError("no network"), ValueError("no data set")])
def test_what_cannot_be_fetched_is_one_sentence(monkeypatch, tmp_path, error):
    def fail(*args):
        raise error

    monkeypatch.setattr(openml, "_fetch", fail)
    with pytest.raises(InputError, match=r"'tiny', version 1, of openml\.org: .*no "):
        from_openml("tiny", cache=tmp_path)


def test_wrong_arguments(serve, tmp_path):
    serve(SMALL, None)
    with pytest.raises(InputError, match="no single column to predict"):
        from_openml("tiny", cache=tmp_path)
    with pytest.raises(InputError, match="version must be"):
        from_openml("tiny", version=0)
