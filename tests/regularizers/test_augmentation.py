"""Maps of images are those of SciPy; each change is what its name says; nothing at strength 0."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from lab.regularizers import CATALOG, Facts, images

IMAGES = np.random.default_rng(0).uniform(size=(6, 7, 9)).astype(np.float32)
FACTS = Facts(10, (7, 9))
NONE = dict(CATALOG["augmentation"].strengths)


augment = jax.jit(CATALOG["augmentation"].batch, static_argnums=3)


def augmented(key=0, x=IMAGES, **numbers):
    batch = {"x": jnp.asarray(x.reshape(len(x), -1)), "y": jnp.arange(len(x))}
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        out = augment(jax.random.key(key), batch, NONE | numbers, FACTS)
    np.testing.assert_array_equal(out["y"], batch["y"])
    return np.asarray(out["x"]).reshape(x.shape)


def moved(matrix, shift=(0.0, 0.0)):
    of_all = [jnp.stack([jnp.asarray(part, jnp.float32)] * 6) for part in (matrix, shift)]
    return np.asarray(jax.jit(images.affine)(jnp.asarray(IMAGES), *of_all))


@pytest.mark.parametrize("seed", range(4))
def test_any_map_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    matrix = (np.eye(2) + 0.4 * rng.normal(size=(2, 2))).astype(np.float32)
    shift = rng.normal(0, 2, 2).astype(np.float32)
    centre = np.array([3.0, 4.0])
    for image, mine in zip(IMAGES, moved(matrix, shift)):
        theirs = ndimage.affine_transform(
            image, matrix, centre - matrix @ centre + shift, order=1, mode="nearest"
        )
        np.testing.assert_allclose(mine, theirs, atol=2e-5)


@pytest.mark.parametrize("angle", [-70.0, 10.0, 45.0])
def test_a_rotation_is_that_of_scipy(angle):
    matrix = images.turn(jnp.array([angle]))[0]
    theirs = ndimage.rotate(IMAGES[0], angle, reshape=False, order=1, mode="nearest")
    np.testing.assert_allclose(moved(matrix)[0], theirs, atol=2e-5)


def test_a_translation_is_that_of_scipy():
    theirs = ndimage.shift(IMAGES[0], (-1.25, 0.5), order=1, mode="nearest")
    np.testing.assert_allclose(moved(np.eye(2), (1.25, -0.5))[0], theirs, atol=2e-5)


def test_a_zoom_about_the_centre_is_that_of_scipy():
    """SciPy zooms from corner to corner: 7 × 9 pixels by 12/6 and 16/8 are 13 × 17."""
    whole = ndimage.zoom(IMAGES[0], (13 / 7, 17 / 9), order=1, mode="nearest", grid_mode=False)
    matrix = images.stretch(jnp.array([2.0]), jnp.array([2.0]))[0]
    np.testing.assert_allclose(moved(matrix)[0], whole[3:10, 4:13], atol=2e-5)


def test_a_shear_moves_rows_sideways():
    """Row r reads at column + 1 · (r − 3): whole pixels, so nothing is interpolated."""
    matrix = images.slant(jnp.array([1.0]))[0]
    row, column = np.mgrid[:7, :9]
    np.testing.assert_array_equal(moved(matrix)[0], IMAGES[0][row, np.clip(column + row - 3, 0, 8)])


def test_a_sure_flip_is_fliplr_to_the_bit():
    np.testing.assert_array_equal(augmented(flip=1.0), IMAGES[:, :, ::-1])


def test_a_crop_is_a_window_at_full_size():
    """Every pixel of the result lies between the corners of a window of half the sides."""
    x = np.tile(np.arange(9.0, dtype=np.float32), (200, 7, 1))  # pixels tell their column
    out = augmented(x=x, crop=0.5)
    np.testing.assert_allclose(out[:, :, -1] - out[:, :, 0], 4.0, atol=1e-4)
    assert out.min() >= -1e-4
    assert out.max() <= 8 + 1e-4
    assert out[:, 0, 0].max() - out[:, 0, 0].min() > 3.5  # the window is anywhere


def test_at_strength_0_images_keep_their_bits():
    np.testing.assert_array_equal(augmented(), IMAGES)


@pytest.mark.parametrize("change", ["flip", "rotation", "zoom", "crop", "translation", "shear"])
def test_every_change_is_drawn_for_each_image_from_the_key(change):
    strength = {"flip": 0.5, "rotation": 30.0}.get(change, 0.5)
    one, again, other = (augmented(key, **{change: strength}) for key in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    same = np.tile(IMAGES[:1], (6, 1, 1))
    assert not np.array_equal(*augmented(x=same, **{change: strength})[[0, 3]]) or change == "flip"


def test_what_is_drawn_is_within_the_strength():
    from lab.regularizers._augmentation import draw

    numbers = NONE | {"rotation": 20.0, "translation": 2.0}
    matrix, shift = draw(jax.random.key(0), 2000, (8, 8), numbers, jnp.float32)
    angle = np.rad2deg(np.arctan2(matrix[:, 0, 1], matrix[:, 0, 0]))
    assert 19 < np.abs(angle).max() <= 20.001
    assert 1.9 < np.abs(shift).max() <= 2
    zoom, _ = draw(jax.random.key(0), 2000, (8, 8), NONE | {"zoom": 0.25}, jnp.float32)
    size = 1 / np.asarray(zoom[:, 0, 0])
    assert 1.24 < size.max() <= 1.2501
    assert 0.8 <= size.min() + 1e-4 < 0.81
