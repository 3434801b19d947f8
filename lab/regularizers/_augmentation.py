"""Augmentation: training images flipped, turned, zoomed, cropped, moved and slanted at random."""

import jax
import jax.numpy as jnp

from lab.regularizers import images
from lab.regularizers.regularizer import Facts, Regularizer


def augmentation(key, batch, numbers, facts: Facts):
    """Each image under an affine map of its own; all changes are one interpolation.

    Numbers, each 0 for none and each drawn anew for every image:
      flip: Probability of left and right changing places.
      rotation: Up to so many degrees either way, uniform.
      zoom: Magnified by e^u, u uniform within ± log(1 + zoom).
      crop: A window of sides 1 − crop (a share below 1) at a random place, magnified to full size.
      translation: Up to so many pixels either way along each axis, uniform.
      shear: Rows move sideways by up to so many pixels per row of height, uniform.
    """
    height, width = facts.image_shape or (1, 1)
    x = batch["x"]
    matrix, shift = draw(key, len(x), (height, width), numbers, x.dtype)
    moved = images.affine(x.reshape(-1, height, width), matrix, shift)
    return {**batch, "x": moved.reshape(x.shape)}


def draw(key, count, shape, numbers, dtype):
    """The maps of `count` images, M [B, 2, 2] and t [B, 2]; see `lab.regularizers.images`."""
    n = {name: jnp.asarray(value, dtype) for name, value in numbers.items()}
    u = jax.random.uniform(key, (8, count), dtype, -1, 1)
    mirror = jnp.where((u[0] + 1) / 2 < n["flip"], -1, 1).astype(dtype)
    kept = 1 - n["crop"]
    size = jnp.exp(jnp.log1p(n["zoom"]) * u[2]) / kept
    matrix = images.stretch(size, size * mirror)
    for linear in (images.turn(n["rotation"] * u[1]), images.slant(n["shear"] * u[3])):
        matrix = jnp.sum(matrix[:, :, :, None] * linear[:, None], 2)  # exact at the identity
    spare = n["crop"] * (jnp.asarray(shape, dtype)[None] - 1) / 2  # the window's way to move
    return matrix, n["translation"] * u[4:6].T + spare * u[6:8].T


def _images(facts: Facts) -> str:
    pixels = "images whose pixels share one scale: a table with an image_shape, scaling='whole'"
    return "" if facts.image_shape else pixels


ENTRIES = (
    Regularizer(
        "augmentation",
        (
            ("flip", 0.0), ("rotation", 0.0), ("zoom", 0.0), ("crop", 0.0), ("translation", 0.0),
            ("shear", 0.0),
        ),
        "Simard, Steinkraus & Platt 2003, Best practices for convolutional neural networks",
        batch=augmentation,
        unfit=_images,
    ),
)  # fmt: skip
