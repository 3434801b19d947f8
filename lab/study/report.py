"""What a study draws, prints and writes, from its record alone."""

from typing import Any

from lab import plots
from lab.plots.animation import Animation
from lab.study import summary
from lab.study.folder import SECONDS, Folder
from lab.study.page import filled, page_of
from lab.study.study import Record, Study
from lab.study.tables import comma_separated
from lab.validation.errors import InputError


def report(study: Study, record: Record, manifest: dict[str, Any], folder: Folder) -> None:
    """Figures, tables, `claims.json` and the page of a run; its tables and claims are printed."""
    for name, figure in study.figures(record).items():
        if isinstance(figure, Animation):
            figure.save(folder.path / f"{name}.gif")
        else:
            plots.save(figure, folder.path / f"{name}.png")
    tables = study.tables(record)
    for name, table in tables.items():
        folder.text(f"{name}.csv", comma_separated(table.header, table.rows))
    claims = [*study.claims(record)]
    seconds = sum(part.attrs.get(SECONDS, 0.0) for part in record.values())
    found = summary.summary(claims, tables, manifest, seconds, study.parts.__module__)
    summary.write(found, folder.path / summary.FILE)
    shown = [*map(str, tables.values()), "\n".join(claim.line for claim in claims)]
    text = "\n".join(part.rstrip() + "\n" for part in shown)
    folder.text("table.md", text)
    page = page_of(study.name)
    if page.is_file():
        try:
            folder.text("page.md", filled(page.read_text(), found))
        except InputError as error:  # a run of other data may lack what the page speaks of
            print(f"\nno page is written: {error}")
    print(f"\n{text}\nfigures, tables and record: {folder.path}")
