"""Of landscapes: animations loop and stay small; the edge of stability, and the nearest minimum."""

import numpy as np
from PIL import Image

from lab.tasks import LANDSCAPES
from studies.landscapes.runs import Landscapes, curve, nearest


def test_animations_loop_and_are_small(smoke):
    saddle = smoke("landscapes") / "saddle.gif"
    with Image.open(saddle) as image:
        assert image.info["loop"] == 0
        assert getattr(image, "n_frames", 1) > 3
        assert image.width == 800
    assert saddle.stat().st_size < 2**21


def test_descent_on_a_parabola_is_stable_up_to_two_over_the_curvature():
    record = curve(Landscapes())
    assert abs(float(record.edge) - 1) <= 1.5 * record.attrs["grid"]
    path = record.path.sel(rate=0.35).values
    np.testing.assert_allclose(path + 0.5, -1.6 * 0.3 ** np.arange(15), atol=1e-5)


def test_the_nearest_minimum():
    minima = np.array(LANDSCAPES["himmelblau"].minima)
    points = minima[[2, 0]] + 0.1
    assert nearest(points, minima).tolist() == [2, 0]
    assert nearest(points, minima, within=0.01).tolist() == [-1, -1]
    assert nearest(np.full((1, 2), np.nan), minima).tolist() == [-1]
