"""Claims about the perceptron: theorems, of which one counterexample would be enough."""

from collections.abc import Iterator

from lab.study import Claim, Record, Table, fact
from studies.perceptron.runs import Perceptron


def claims(record: Record[Perceptron]) -> Iterator[Claim]:
    """Of the page."""
    sets, corrections = record["sets"], record["gates"].corrections
    learnt = (corrections.isel(epoch=-1) == 0).sel(gate=["AND", "OR", "NAND"])
    starts = corrections.sizes["seed"]
    counts = ", ".join(f"{gate} {int(one.sum())}" for gate, one in learnt.groupby("gate"))
    yield fact(
        "learns_gates", "Learns every separable set", bool(learnt.all()),
        f"{counts} of {starts} starts", starts, "starts", where="AND, OR and NAND",
        source="Novikoff 1962",
    )  # fmt: skip
    yield fact(
        "learns_sets", "Learns every separable set", bool(sets.converged.all()),
        f"{int(sets.converged.sum()):,} of {sets.converged.size:,}", sets.converged.size, "sets",
        where="random sets", source="Novikoff 1962",
    )  # fmt: skip
    within, first = sets.mistakes <= sets.bound, sets.isel(least_margin=0)
    yield fact(
        "bound", "At most (R/γ)² corrections", bool(within.all()),
        f"on {int(within.sum()):,} of {within.size:,} sets; the median set needs "
        f"{float((sets.mistakes / sets.bound).median()):.1%} of its bound, and at margin "
        f"{float(first.least_margin):g} the median is {float(first.mistakes.median()):.0f} "
        f"corrections under a bound of {float(first.bound.median()):,.0f}",
        within.size, "sets", source="Novikoff 1962",
    )  # fmt: skip
    xor = corrections.sel(gate="XOR")
    stops = int((xor == 0).any("epoch").sum())
    yield fact(
        "never_learns_xor", "Never learns XOR", stops == 0,
        f"{stops} of {starts} starts have an epoch without a correction; every epoch made at "
        f"least {int(xor.min())}", starts, "starts", source="Minsky & Papert 1969",
    )  # fmt: skip


def tables(record: Record[Perceptron]) -> dict[str, Table]:
    """Corrections and their bound by margin."""
    sets = record["sets"]
    header = ["least margin", "sets", "converged", "median corrections", "median bound",
              "largest share of bound", "median epochs"]  # fmt: skip
    rows = []
    for least in sets.least_margin.values:
        one = sets.sel(least_margin=least)
        share = one.mistakes / one.bound
        rows.append([
            f"{least:g}", f"{one.sizes['seed']}", f"{int(one.converged.sum())}",
            f"{float(one.mistakes.median()):.0f}", f"{float(one.bound.median()):,.0f}",
            f"{float(share.max()):.0%}", f"{float(one.epochs.median()):.0f}",
        ])  # fmt: skip
    return {"table": Table(header, rows)}
