"""The perceptron study runs, redraws from its record, and its claims hold even when tiny."""

from studies.perceptron import Perceptron, run


def test_smoke_and_redrawing(tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    run(Perceptron(smoke=True, out=first))
    run(Perceptron(from_=first, out=again))
    page = (first / "table.md").read_text()
    assert page.count("Held") == 3
    assert (again / "table.md").read_text() == page
    for name in ("lines.png", "bound.png"):
        assert (again / name).read_bytes() == (first / name).read_bytes()
    assert not (again / "record.nc").exists()
