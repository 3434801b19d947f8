"""A progress bar on the error stream: lanes, updates per second, time left."""

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.text import Text


class Progress:
    """Counts lane-updates; shows nothing unless `shown`."""

    def __init__(self, updates: int, lanes: int, shown: bool):
        self._bar = RichProgress(
            TextColumn(f"{lanes:,} lanes"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} % "),
            _Rate(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not shown,
        )
        self._task = self._bar.add_task("", total=updates)

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(self, *_) -> None:
        self._bar.stop()

    def advance(self, updates: int) -> None:
        """Tell that `updates` more lane-updates were taken."""
        self._bar.update(self._task, advance=updates)


class _Rate(ProgressColumn):
    """Worked out when it is drawn, ten times a second at most."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} run-steps/s" if task.speed else "– run-steps/s")
