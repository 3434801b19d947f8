"""Shapes of equal size: the rate of each is tuned, then it is measured on fresh seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import lab
from lab import protocol
from lab.foundations.counting import parameter_count
from lab.study import Parts, Settings, flags
from lab.tasks.task import Task


@dataclass(frozen=True)
class DepthAndWidth(Settings):
    """Of the study of depth and width."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 20
    """Fresh seeds that are reported."""
    trials: Annotated[int, flags.whole(2, 1_000)] = 7
    """Learning rates tried for each shape."""
    epochs: Annotated[float, flags.number(0, 1e6, ends=False)] = 20
    """Budget of every run, in passes over the training rows."""
    batch_size: Annotated[int, flags.whole(1, 1_000_000)] = 32
    """Examples per update."""
    tuning: int = 3  # seeds that select
    evaluations: int = 20  # points of a curve
    tasks: tuple[str, ...] = ("digits", "mnist1d")
    optimizer: str = "adam"
    schedule: str = "cosine_decay_schedule"
    pyramid: tuple[int, ...] = (128, 64, 32)
    # hidden layers; in proportion, where they are scaled to the parameters of the pyramid
    shapes: tuple[tuple[str, tuple[int, ...], bool], ...] = (
        ("printed", (512,), False),
        ("one", (1,), True),
        ("two", (1, 1), True),
        ("three", (1, 1, 1), True),
        ("pyramid", (4, 2, 1), True),
        ("reverse", (1, 2, 4), True),
    )


def parts(s: DepthAndWidth) -> Parts:
    """Of every shape on every task the tuning and the report."""
    for name in s.tasks:
        entry = lab.tasks.CATALOG[name]
        source: Any = entry.make().source
        ends = source.n_features, source.n_classes
        for key, widths in hidden(s, *ends).items():
            count = parameter_count([ends[0], *widths, ends[1]])
            told = {"widths": "-".join(map(str, widths)), "parameters": count}
            yield from of_shape(s, f"{name}/{key}", entry.make(widths=widths), told)


def of_shape(s: DepthAndWidth, label: str, task: Task, told: dict[str, Any]) -> Parts:
    """Choose a rate on validation rows; measure it on test rows."""
    space = lab.optimizers.CATALOG[s.optimizer].search_space["learning_rate"]
    settings: dict[str, Any] = {
        "budget": lab.Budget(epochs=s.epochs),
        "batch_size": s.batch_size,
        "schedule": s.schedule,
        "split": s.numbers(1)[0],
    }
    tuning = yield f"{label}/tuning", lab.Sweep(
        task, [s.optimizer], trials=protocol.rate_grid({s.optimizer: space}, s.trials),
        seeds=s.numbers(s.tuning, protocol.TUNE), evaluations=1, **settings,
    )  # fmt: skip
    chosen = protocol.chosen_trials(protocol.select(tuning))
    yield f"{label}/report", lambda held: protocol.report(
        task, [s.optimizer], chosen, seeds=s.numbers(s.seeds, protocol.REPORT),
        evaluations=s.evaluations, extend=held, **settings,
    ).assign_attrs(told)  # fmt: skip


def hidden(s: DepthAndWidth, features: int, classes: int) -> dict[str, tuple[int, ...]]:
    """Hidden widths of every shape."""
    wanted = parameter_count([features, *s.pyramid, classes])

    def scaled(proportions: Sequence[int]) -> tuple[int, ...]:
        def widths(scale: int) -> tuple[int, ...]:
            return tuple(max(1, round(p * scale / 8)) for p in proportions)

        return min(
            (widths(scale) for scale in range(1, 8000)),
            key=lambda w: abs(parameter_count([features, *w, classes]) - wanted),
        )

    return {key: scaled(some) if scale else some for key, some, scale in s.shapes}
