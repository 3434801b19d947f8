"""How much the study of speed measures."""

from dataclasses import dataclass
from typing import Annotated, Literal

from lab.optimizers import CATALOG
from lab.study import Settings, flags

PANELS = ("checkpoints", "evaluations", "first_figure", "executors", "lanes", "search",
          "throughput", "updates", "widths")  # fmt: skip
LAB, LOOP, KERAS = "lab.sweep", "Python loop of jitted steps", "Keras fit"
SEARCH, STEPS = "lab.search", "jitted steps, one trial at a time"


def comparable() -> tuple[str, ...]:
    """Rules whose update needs a gradient and parameters, and which optax has too."""
    return tuple(
        name for name, e in CATALOG.items() if e.via_optax is not None and not e.needs - {"key"}
    )


@dataclass(frozen=True)
class Speed(Settings):
    """Of the study of speed, where nothing is random but time: seeds have no meaning here.

    A case is the number of inputs, the width of two hidden layers, and the batch size.
    """

    seeds: int = 0
    fresh: int = 0
    panels: Annotated[tuple[str, ...], flags.names(lambda: PANELS)] = PANELS
    """Which panels, separated by commas."""
    rounds: Annotated[int, flags.whole(2, 10_000)] = 6
    """Interleaved repetitions of each panel; those of updates, which are short, are five times
    as many."""
    optimizers: Annotated[tuple[str, ...], flags.names(comparable)] = ()
    """Only these in the panel of updates; by default every rule that a gradient is enough for."""
    device: Literal["cpu", "gpu", "tpu"] | None = None
    """On which kind of device; by default the one that JAX prefers."""
    processes: str = "own"  # of each way; "one": all in this one, and what needs others left out
    # throughput
    nets: tuple[tuple[int, int], ...] = ((64, 32), (64, 128), (784, 512))
    batches: tuple[int, ...] = (1, 8, 32, 64, 256, 1024)
    ways: tuple[str, ...] = (
        KERAS, "PyTorch eager", "torch.compile", "torch.func.vmap", LOOP, "one scan per run",
        "plain vmap over runs", LAB,
    )  # fmt: skip
    # lanes and evaluations
    cases: tuple[tuple[int, int, int], ...] = ((64, 32, 32), (64, 128, 64))
    few: int = 32  # lanes, whose cost is compared with that of the last of `counts`
    counts: tuple[int, ...] = tuple(2**k for k in range(11))
    evaluated_lanes: tuple[int, ...] = (32, 256)
    epochs: int = 30  # with an evaluation each
    # executors: about a minute a sweep on two cores
    executor_lanes: int = 256
    executor_updates: int = 20_000
    # widths
    width_nets: tuple[tuple[int, int], ...] = (
        (64, 8), (64, 16), (64, 32), (64, 64), (64, 128), (64, 256), (784, 256), (784, 512)
    )  # fmt: skip
    width_batches: tuple[int, ...] = (8, 64)
    width_lanes: int = 16  # of so many lanes the run-steps are those of a case
    widths: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    accelerated: tuple[int, ...] = (64, 128, 256, 512, 1024, 2048, 4096)
    # first figure: updates of the program, and of a sweep of a minute
    updates: int = 2000
    minute: int = 24_000
    # updates: networks, and how long a timing should last at least, all timings of a rule at most
    sizes: tuple[tuple[str, tuple[int, ...]], ...] = (
        ("MLP, 26k", (64, 128, 128, 10)),
        ("MLP, 10M", (1024, 2048, 2048, 1792)),
    )
    timing_s: float = 0.01
    rule_s: float = 4.0
    # search: trials of each case
    trials: tuple[int, ...] = (4096, 128, 24)
    search_epochs: int = 20
    search_ways: tuple[str, ...] = (KERAS, STEPS, SEARCH)
    # checkpoints: parameters and moments of 40 MB, for about a minute
    kept_widths: tuple[int, ...] = (878, 878)
    kept_updates: int = 6500
