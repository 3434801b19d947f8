"""The pages of the studies, filled from their committed claims, and all of them in one."""

import json
import subprocess
import sys

from lab.files import repository
from lab.study.discovery import FIGURES, ROOT, committed, names
from lab.study.page import filled, page_of

# The order of a course; studies that are not named here follow, by name.
COURSE = (
    "perceptron", "xor", "backpropagation", "losses", "landscapes", "loss_slices",
    "gradient_descent", "momentum", "moving_average", "adaptive", "schedules", "optimizers", "null",
    "depth_and_width", "initialization", "activations", "gradient_flow", "normalization",
    "clipping", "precision", "edge_of_stability",
    "overfitting", "regularization", "early_stopping", "weight_decay", "feature_scaling",
    "model_comparison", "transfer", "one_at_a_time", "tuning",
    "search_methods", "budget_matters", "speed",
)  # fmt: skip


def assemble(command: str) -> None:
    """Write every page, the gallery and the table of claims.

    Raises:
      InputError: If this is no repository; `command` is what needs one.
    """
    repository(command)
    for name, page in pages().items():
        (FIGURES / "pages" / f"{name}.md").write_text(page)
    (FIGURES / "README.md").write_text(gallery())
    claims = [sys.executable, "-m", "studies.claims"]
    subprocess.run(claims, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def in_course_order(studies: list[str]) -> list[str]:
    """Names as a course would have them."""
    return sorted(studies, key=lambda n: (COURSE.index(n) if n in COURSE else len(COURSE), n))


def pages() -> dict[str, str]:
    """Of every study with a published record, by name."""
    return {
        name: filled(page_of(name).read_text(), json.loads(committed(name).read_text()), "../")
        for name in in_course_order(names())
        if committed(name).is_file()
    }


def gallery() -> str:
    """All pages, one below the other, with a table of contents."""
    found = pages()
    titles = {name: page.splitlines()[0].removeprefix("# ") for name, page in found.items()}
    contents = "\n".join(
        f"{i}. [{t}](pages/{n}.md) (`{n}`)" for i, (n, t) in enumerate(titles.items(), 1)
    )
    body = "\n\n".join(
        "#" + page.replace("](../", "](").strip() for page in found.values()
    )  # one level down, links from this folder
    return (
        "# Gallery\n\nEvery study of the lab, in the order of a course. Predict first, then look; "
        "each page ends with what was measured, and [all claims](claims.md) stand in one table. "
        f"`make figures` makes all of them again.\n\n{contents}\n\n{body}\n"
    )
