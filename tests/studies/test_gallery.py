"""The gallery is what its pages say, and shows only what is there."""

import re

import pytest

from studies._site import gallery as figures

PAGES = sorted((figures.FIGURES / "pages").glob("*.md"))


def test_the_gallery_is_up_to_date():
    assert (figures.FIGURES / "README.md").read_text() == figures.gallery(), (
        "run python -m studies.figures --gallery"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_committed_figures_and_a_command(page):
    text = page.read_text()
    shown = re.findall(r"!\[[^\]]*\]\(\.\./([^)]+)\)", text)
    assert shown, "a page shows a figure"
    for name in shown:
        path = figures.FIGURES / name
        limit = 2_000_000 if path.suffix == ".gif" else 200_000
        assert path.stat().st_size <= limit, name
    assert f"python -m studies.{page.stem}" in text
    assert (figures.ROOT / "studies" / f"{page.stem}.py").is_file()
