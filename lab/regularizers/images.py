"""Affine maps of images: one bilinear interpolation, whatever is composed.

Shapes: B images, H rows, W columns. A map says where each pixel of the result comes from: the
pixel at o is read at c + M (o − c) + t, c being the centre, as in `scipy.ndimage.affine_transform`
with `matrix=M` and `offset=c − M c + t`. Maps of the place are [B, 2, 2] and [B, 2], in (row,
column).
"""

import jax
import jax.numpy as jnp


def affine(images: jax.Array, matrix: jax.Array, shift: jax.Array) -> jax.Array:
    """Read every pixel at its place; beyond the border is what the nearest pixel has.

    Order 1 and mode "nearest" of `scipy.ndimage.affine_transform`.

    Args:
      images: [B, H, W].
      matrix: M, [B, 2, 2].
      shift: t, [B, 2], in pixels.
    """
    _, height, width = images.shape
    dtype = images.dtype
    centre = jnp.asarray([(height - 1) / 2, (width - 1) / 2], dtype)
    last = jnp.asarray([height - 1, width - 1], dtype)
    grid = jnp.stack(jnp.meshgrid(jnp.arange(height), jnp.arange(width), indexing="ij"), -1)
    from_centre = grid.reshape(-1, 2).astype(dtype) - centre[None]  # [H·W, 2]
    # sums in full precision: at M = 1 and t = 0 every place is a whole number
    turned = jnp.sum(matrix[:, None] * from_centre[None, :, None], -1)
    place = jnp.clip(turned + (centre[None] + shift)[:, None], 0, last[None, None])
    low = jnp.minimum(jnp.floor(place), jnp.maximum(last - 1, 0)[None, None])
    part = place - low  # in [0, 1]
    low = low.astype(jnp.int32)
    flat = images.reshape(len(images), -1)

    def pixel(down, right):
        row = jnp.minimum(low[..., 0] + down, height - 1)
        column = jnp.minimum(low[..., 1] + right, width - 1)
        return jnp.take_along_axis(flat, row * width + column, axis=1)

    y, x = part[..., 0], part[..., 1]
    upper = (1 - x) * pixel(0, 0) + x * pixel(0, 1)
    lower = (1 - x) * pixel(1, 0) + x * pixel(1, 1)
    return ((1 - y) * upper + y * lower).reshape(images.shape)


def turn(angle: jax.Array) -> jax.Array:
    """M of a rotation by `angle` [B] in degrees, counter-clockwise: [B, 2, 2].

    That of `scipy.ndimage.rotate(image, angle, reshape=False)`.
    """
    radians = jnp.deg2rad(angle)
    c, s = jnp.cos(radians), jnp.sin(radians)
    return _matrix(c, s, -s, c)


def stretch(rows: jax.Array, columns: jax.Array) -> jax.Array:
    """M that magnifies by `rows` and `columns` [B] about the centre; −1 flips an axis."""
    return _matrix(1 / rows, 0 * rows, 0 * rows, 1 / columns)


def slant(factor: jax.Array) -> jax.Array:
    """M of a shear: each row moves sideways by `factor` [B] times its height over the centre."""
    return _matrix(1 + 0 * factor, 0 * factor, factor, 1 + 0 * factor)


def _matrix(a, b, c, d):
    return jnp.stack([jnp.stack([a, b], -1), jnp.stack([c, d], -1)], -2)
