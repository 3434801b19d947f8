"""Tables for people (Markdown) and for programs (CSV)."""

import csv
import io
from collections.abc import Sequence


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, first column left, the others right."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]

    def line(cells):
        padded = [
            str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths))
        ]
        return "| " + " | ".join(padded) + " |"

    rule = (
        "|"
        + "|".join(
            (":" if i == 0 else "-") + "-" * widths[i] + ("-" if i == 0 else ":")
            for i in range(len(widths))
        )
        + "|"
    )
    return "\n".join([line(header), rule, *(line(row) for row in rows)]) + "\n"


def comma_separated(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """CSV with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue()
