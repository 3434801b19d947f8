"""Tables for people (Markdown) and for programs (CSV)."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from tabulate import tabulate


@dataclass(frozen=True)
class Table:
    """What is printed: cells as text.

    Attributes:
      header: Of the columns.
      rows: Cells, row by row.
      note: A line below: where the numbers are from.
      title: A heading above, where a study has several tables.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    title: str = ""

    def __str__(self) -> str:
        title, note = (
            (f"## {self.title}\n\n" * bool(self.title)),
            f"\n{self.note}\n" * bool(self.note),
        )
        return f"{title}{markdown(self.header, self.rows)}{note}"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, first column left, the others right."""
    sides = ["left"] + ["right"] * (len(header) - 1)
    return tabulate(rows, header, "pipe", colalign=sides, disable_numparse=True) + "\n"


def narrow(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table of long cells, which its source does not pad; bars inside are escaped."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(header), "|" + " --- |" * len(header), *(line(row) for row in rows)])


def comma_separated(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """CSV with a header line."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()
