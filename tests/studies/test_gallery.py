"""The gallery is what its pages say, and what a run has made goes where it is committed."""

import json

from lab.study import discovery
from studies._site import gallery
from studies._site.figures import copy


def test_the_gallery_is_up_to_date():
    text = (discovery.FIGURES / "README.md").read_text()
    assert text == gallery.gallery(), "run python -m studies._site"


def test_every_study_has_its_place_in_the_course():
    assert sorted(gallery.COURSE) == discovery.names()
    assert gallery.in_course_order(["null", "a_new_one", "xor"]) == ["xor", "null", "a_new_one"]


def test_pages_stand_one_level_down_with_links_from_their_folder(monkeypatch):
    shown = {"xor": "# XOR\n\n![It](../xor_it.png)\n", "null": "# Null\n\ntext\n"}
    monkeypatch.setattr(gallery, "pages", lambda: shown)
    text = gallery.gallery()
    assert "1. [XOR](pages/xor.md) (`xor`)\n2. [Null](pages/null.md) (`null`)" in text
    assert "## XOR\n\n![It](xor_it.png)\n\n## Null\n\ntext\n" in text


def test_what_a_run_has_made_is_copied(tmp_path):
    run, to = tmp_path / "run", tmp_path / "figures"
    run.mkdir(), to.mkdir()
    for name in ("success.png", "xor_two.gif", "table.csv", "record.nc"):
        (run / name).write_text(name)
    (run / "claims.json").write_text(json.dumps({}))
    copy("xor", run, to)
    written = sorted(str(path.relative_to(to)) for path in to.rglob("*.*"))
    assert written == ["claims/xor.json", "xor_success.png", "xor_two.gif"]
