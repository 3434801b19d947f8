"""The runs of the study of speed: one panel after the other."""

from lab.study import Parts
from studies.speed import (
    checkpoints,
    evaluations,
    executors,
    first_figure,
    lanes,
    search,
    throughput,
    updates,
    widths,
)
from studies.speed.device import start_on
from studies.speed.panel import precisely
from studies.speed.settings import Speed

MEASURED = {
    panel.__name__.split(".")[-1]: panel.measure
    for panel in (
        checkpoints, evaluations, first_figure, executors, lanes, search, throughput, updates,
        widths,
    )
}  # fmt: skip


def parts(s: Speed) -> Parts:
    """A part for each panel that is asked for."""
    start_on(s.device)
    for name in s.panels:
        yield name, lambda _, measure=MEASURED[name]: precisely(measure, s)
