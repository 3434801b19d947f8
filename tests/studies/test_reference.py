"""The committed lists of optimizers and schedules say what the catalogues say."""

import inspect
from pathlib import Path

import pytest

from lab import optimizers, schedules
from studies._site import reference

FOLDER = Path(__file__).parents[2] / "figures"


@pytest.mark.parametrize(
    ("file", "page"),
    [("optimizers.md", reference.optimizers_page), ("schedules.md", reference.schedules_page)],
)
def test_the_committed_page_is_up_to_date(file, page):
    assert (FOLDER / file).read_text() == page(), f"{file}: run `python -m studies._site.reference`"


def test_every_name_has_one_row_with_its_parameters():
    for page, room in (
        (reference.optimizers_page(), optimizers),
        (reference.schedules_page(), schedules),
    ):
        rows = [line for line in page.splitlines() if line.startswith("| `")]
        names = [row.split("`")[1] for row in rows]
        assert sorted(names) == sorted(set(dir(room)) - {"CATALOG"})
        for name, row in zip(names, rows, strict=True):
            assert all(p in row for p in inspect.signature(getattr(room, name)).parameters)


def test_rows_have_as_many_cells_as_their_header():
    for page in (reference.optimizers_page(), reference.schedules_page()):
        for block in page.split("\n\n"):
            if block.startswith("| "):
                bars = {line.replace("\\|", "").count("|") for line in block.splitlines()}
                assert len(bars) == 1


def test_it_writes_the_pages_and_a_picture_of_every_schedule(tmp_path):
    reference.write(tmp_path)
    assert {f.name for f in tmp_path.iterdir()} == {
        "optimizers.md",
        "schedules.md",
        "schedules.png",
    }
    assert set(reference.curves()) == set(schedules.CATALOG)
