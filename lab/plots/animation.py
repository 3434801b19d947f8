"""Animations: pictures in a row, as a GIF."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from matplotlib.figure import Figure
from PIL import Image

from lab.files import write_atomically

FRAME_MS, LAST_MS = 90, 2000
COLOURS = 128


@dataclass(frozen=True)
class Animation:
    """Pictures of one size.

    Attributes:
      pictures: One per frame; the last one stands for two seconds.
      colours: Of lines and points, which the palette must keep.
    """

    pictures: Sequence[Image.Image]
    colours: Sequence[str] = ()

    def save(self, path: Path) -> Path:
        """Write it as a GIF with one palette for all frames."""
        sample = self.pictures[-1].copy()  # with large patches of the lines' colours, to keep them
        for i, colour in enumerate(self.colours):
            sample.paste(colour, (0, 20 * i, sample.width // 3, 20 * i + 20))
        palette = sample.quantize(COLOURS, dither=Image.Dither.NONE)
        small = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in self.pictures]
        durations = [FRAME_MS] * (len(small) - 1) + [LAST_MS]
        return write_atomically(path, lambda temporary: small[0].save(
            temporary, "gif", save_all=True, append_images=small[1:], duration=durations, loop=0,
            optimize=True,
        ))  # fmt: skip


Picture: TypeAlias = Figure | Animation
