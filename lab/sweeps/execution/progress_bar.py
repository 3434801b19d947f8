"""A progress bar on the error stream, or in a notebook: lanes, updates per second, time left."""

import sys

from tqdm.auto import tqdm


class Progress:
    """Counts lane-updates; `shown` by default in terminals and in kernels of notebooks."""

    def __init__(self, updates: int, lanes: int, shown: bool | None = None):
        watched = sys.stderr.isatty() or "ipykernel" in sys.modules
        self._bar = tqdm(
            total=updates,
            desc=f"{lanes:,} lanes",
            unit=" run-steps",
            unit_scale=True,
            bar_format="{desc} {bar} {percentage:3.0f} %  {rate_noinv_fmt}, {remaining} left",
            dynamic_ncols=True,
            disable=not (watched if shown is None else shown),
        )

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_) -> None:
        self._bar.close()

    def advance(self, updates: int) -> None:
        """Tell that `updates` more lane-updates were taken."""
        self._bar.update(updates)
