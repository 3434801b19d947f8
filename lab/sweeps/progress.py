"""A progress bar on the error stream: lanes, updates per second, time left."""

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


class Progress:
    """Counts lane-updates; shows nothing unless `shown`."""

    def __init__(self, updates: int, lanes: int, shown: bool):
        self._bar = RichProgress(
            TextColumn(f"{lanes:,} lanes"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[rate]} run-steps/s"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not shown,
        )
        self._task = self._bar.add_task("", total=updates, rate="–")

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(self, *_) -> None:
        self._bar.stop()

    def advance(self, updates: int) -> None:
        """Tell that `updates` more lane-updates were taken."""
        speed = self._bar.tasks[self._task].speed
        self._bar.update(self._task, advance=updates, rate=f"{speed:,.0f}" if speed else "–")
