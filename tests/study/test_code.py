"""The hash of a study's code follows what its numbers come from, and nothing else."""

import pytest

from lab.study import code

PACKAGE = {
    "__main__": "from studies.made import figures\nfrom studies.made.runs import parts\n",
    "runs": "from lab import statistics\n\ndef parts(s):\n    return statistics.mean_interval(s)\n",
    "figures": "COLOUR = 'red'\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """`hashed(module, text)` of a study in which a file says something else."""
    (tmp_path / "lab").symlink_to(code.ROOT / "lab")
    (tmp_path / "studies" / "made").mkdir(parents=True)
    monkeypatch.setattr(code, "ROOT", tmp_path)

    def hashed(module="runs", text=None):
        for name, source in {**PACKAGE, **({module: text} if text else {})}.items():
            (tmp_path / "studies" / "made" / f"{name}.py").write_text(source)
        for cached in (code.hashed, code.tree_of, code.normalized, code.used, code._defined_in):
            cached.cache_clear()
        return code.hashed("studies.made.__main__")

    yield hashed
    for cached in (code.hashed, code.tree_of, code.normalized, code.used, code._defined_in):
        cached.cache_clear()


def test_comments_docstrings_and_figures_do_not_count(package):
    runs = PACKAGE["runs"]
    first = package()
    assert (
        package(text='"""Said."""\n# said\n' + runs.replace("):\n", '):\n    """It."""\n')) == first
    )
    assert package("figures", "COLOUR = 'blue'\n") == first


def test_statements_and_what_they_use_count(package):
    runs = PACKAGE["runs"]
    first = package()
    assert package(text=runs.replace("(s)\n", "(s[1:])\n")) != first
    assert package(text=runs.replace("mean_interval", "sign_flip_test")) != first


def test_what_is_used_is_found_through_packages_that_hand_names_on(package):
    package()
    assert "lab.statistics.intervals" in code.used("studies.made.runs")
    assert not [m for m in code.used("studies.made.runs") if m.startswith("lab.sweeps")]
