"""Writes the table of which optimizer is the same in lab, its authors' code, optax, torch, keras.

`python -m studies._site.parity` makes `figures/parity.md` again; a test tells when it is out of
date.
Neither torch, keras nor authors' code is needed: what they do is recorded in `tests/oracles`.
"""

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib

from lab.files import repository
from lab.optimizers import CATALOG
from lab.study import flags
from lab.study.command import command, fields_of
from lab.study.discovery import ROOT
from lab.study.tables import narrow
from studies._site import authors as _authors
from studies._site import composed as _composed
from studies._site.peers import CASES, OPTAX_REASONS, REASONS, Case

TWIN_REASONS: dict[str, str] = {
    "madgrad": "optax takes √(k + 1) in float32",
    "prodigy": "ε is multiplied by the new estimate of the distance; here by the old",
}
ORACLES = ROOT / "tests" / "oracles"
PEERS = ("torch", "keras")
EXACT = 1e-12
MADE = "<!-- made by python -m studies._site.parity: never edited by hand -->"


@dataclass(frozen=True)
class Parity:
    """Flags of the parity table."""

    out: Annotated[Path | None, flags.folder()] = None
    """Folder for the table; by default figures of the repository."""


def recorded(library: str) -> dict[str, Any]:
    """What `tests/oracles/record.py` has written."""
    return json.loads((ORACLES / f"{library}.json").read_text())


def apart(mine: np.ndarray, theirs: np.ndarray, floor: float = 0.0) -> float:
    """Largest difference of two paths [T, ...], coordinate by coordinate relative to its size."""
    size = np.maximum(np.max(np.abs(theirs), axis=0), floor)
    return float(np.max(np.max(np.abs(mine - theirs), axis=0) / np.where(size > 0, size, 1.0)))


def path_by_hand(case: Case, oracle: dict[str, Any]) -> np.ndarray:
    """Parameters [T, ...] of the rule in the lab, on the recorded gradients and rates."""
    make: Callable[..., Any] = CATALOG[case.optimizer].by_hand
    with jax.enable_x64(True):
        gradients, start = jnp.asarray(oracle["gradients"]), jnp.asarray(oracle["start"])
        rates = jnp.asarray(oracle["rates"][str(case.fixed_rate).lower()])

        def step(carry, inputs):
            params, state = carry
            gradient, rate = inputs
            updates, state = make(rate, **case.lab).update(gradient, state, params)
            params = optax.apply_updates(params, updates)
            return (params, state), params

        state = make(0.1, **case.lab).init(start)
        run = jax.jit(lambda: jax.lax.scan(step, (start, state), (gradients, rates))[1])
        return np.asarray(run())


def error(library: str, name: str, oracle: dict[str, Any] | None = None) -> float:
    """How far the lab is from the recorded path of a case."""
    oracle = oracle or recorded(library)
    theirs = np.asarray(oracle["trajectories"][name]["parameters"])
    return apart(path_by_hand(CASES[name], oracle), theirs)


def error_of_optax(name: str, alias: bool = False) -> float | None:
    """How far the lab's updates are from those of optax, along optax's path; None: no twin.

    Args:
      name: The key in the catalogue.
      alias: Compare with optax's function of this name, not with the twin of the catalogue.
    """
    entry = CATALOG[name]
    own: Any = getattr(optax, name, None) or getattr(optax.contrib, name, None)
    twin: Any = own if alias else entry.via_optax
    if twin is None:
        return None
    oracle = recorded("torch")
    with jax.enable_x64(True):
        params, targets = jnp.asarray(oracle["start"]), jnp.asarray(oracle["gradients"])
        given = () if "learning_rate" not in _required(entry.by_hand) else (0.1,)
        mine, theirs = entry.by_hand(*given), twin(*given)

        def step(carry, target):
            params, a, b = carry

            def f(w):  # its minimum moves: gradients as hard as those recorded
                return 0.5 * jnp.sum((w - target) ** 2) + 0.1

            gradient = jax.grad(f)(params) if entry.needs - {"key"} else target
            extra = {
                "value": f(params),
                "grad": gradient,
                "value_fn": f,
                "obj_fn": f,
                "grad_fn": lambda w, _: jax.grad(f)(w),
            }
            u, a = mine.update(gradient, a, params, **extra)
            v, b = _informed(theirs, gradient, b, params, extra)
            return (optax.apply_updates(params, v), a, b), (u, v, params)

        start = (params, mine.init(params), theirs.init(params))
        run = jax.jit(lambda: jax.lax.scan(step, start, targets)[1])
        u, v, path = (np.asarray(x) for x in run())
    if name in _SETS_PARAMETERS:  # optax takes the difference of two points
        return apart(path + u, path + v)
    return apart(u, v)


_SETS_PARAMETERS = {"cocob", "schedule_free_sgd", "schedule_free_adamw", "madgrad"}


def _required(factory: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(factory).parameters.values()
    return [p.name for p in parameters if p.default is p.empty or p.default is None]


def _informed(rule: Any, gradient: Any, state: Any, params: Any, extra: dict[str, Any]) -> Any:
    """Optax's rules refuse what they do not use: give each what it takes."""
    for names in (("value", "grad", "value_fn"), ("value",), ("obj_fn",), ("grad_fn",), ()):
        try:
            return rule.update(gradient, state, params, **{k: extra[k] for k in names})
        except (TypeError, ValueError):
            continue
    raise AssertionError("no set of arguments is accepted")


def cell(error: float | None, reason: str | None = None) -> str:
    """`= 1e-12`, `≈ 2e-8: reason`, `≠ reason`, or a dash where there is nothing to compare."""
    if error is None:
        return "–"
    if error <= EXACT:
        return "= 1e-12"
    if error <= 1e-4:
        power = int(np.ceil(np.log10(error)))  # a bound: digits of rounding differ by machine
        return f"≈ 1e{power}" + (f": {reason}" if reason else "")
    return f"≠ {reason or 'no reason is known'}"


def page() -> str:
    """The table, measured now."""
    oracles = {library: recorded(library) for library in PEERS}
    versions = ", ".join(f"{library} {oracle['version']}" for library, oracle in oracles.items())
    cases = {case.name: case for case in CASES.values()}
    plain = {case.optimizer for case in cases.values()}
    cases |= {name: Case(name) for name in CATALOG if name not in plain}
    rows = []
    for name, case in sorted(cases.items()):
        known = OPTAX_REASONS.get(case.optimizer)
        first = not any(row[0] == f"`{case.optimizer}`" for row in rows)
        found = error_of_optax(case.optimizer, known is not None) if first else None
        ours = cell(found, known or TWIN_REASONS.get(case.optimizer)) if first else "″"
        theirs = []
        for library, oracle in oracles.items():
            call = getattr(case, library)
            found = error(library, name, oracle) if call else None
            mark = cell(found, REASONS.get((library, name)))
            theirs.append(mark if call is None else f"{mark} · `{_call(call)}`")
        told = _call((case.optimizer, case.lab)) + (" at a fixed rate" if case.fixed_rate else "")
        authors = cell_of_authors(case.optimizer) if first else "″"
        rows.append([f"`{case.optimizer}`", f"`{told}`", authors, ours, *theirs])
    return "\n".join([
        "# The same name, the same algorithm?", "", MADE, "",
        f"What is written by hand here beside optax {optax.__version__}, {versions}: float64, "
        "16 updates, gradients with noise, flipping signs, exact zeros, sizes from 1e-6 to 100, "
        "and a rate that falls to a fifth at update 10 (optax: a fixed rate, defaults). Errors "
        "are the largest over coordinates and updates, relative to the coordinate's largest "
        "value. *=*: equal to 1e-12; *≈*: no further apart than said; *≠*: another algorithm, "
        "and why; –: no such optimizer. Hyper-parameters are matched as shown, since defaults "
        "differ.", "",
        "*Authors*: what their own code does (an independent implementation where there is none), "
        f"recorded once in float64: {len(_authors.problem()['rates']['constant'])} updates of "
        "arrays of shapes (), (1,), (1, 4), (3, 5) and (2, 3, 2, 2), gradients from 1e-6 to 100 "
        "with exact zeros, for each case that is named with the arguments that the lab was given "
        "for the same; *decayed* is with weight decay, if there is one, and a schedule. Errors are "
        "relative to the largest entry of an array.", "",
        narrow(["optimizer", "lab", "authors", "optax", "torch", "keras"], rows), "",
        "Composed of two, and in one piece with their authors:", "",
        *(f"- `{name}`: {cell_of_authors(name)}" for name in sorted(_composed.COMPOSED)), "",
        "Where defaults, of the lab or of optax, are not what the authors have:", "",
        *(f"- `{name}`: {told}" for name, told in sorted(_authors.DEPARTURES.items())), "",
    ])  # fmt: skip


def cell_of_authors(name: str) -> str:
    """`= 1e-12 · package (cases)`, each case with the arguments that the lab's rule was given."""
    if name not in _authors.names():
        return "–"
    record, found = _authors.recorded(name), _authors.errors(name)
    cases = [_call((case, told["lab"])) for case, told in record["cases"].items()]
    return f"{cell(float(np.max([*found.values()])))} · {record['source']}: `{'; '.join(cases)}`"


def _call(call: tuple[str, dict[str, Any]]) -> str:
    name, arguments = call
    return f"{name}({', '.join(f'{k}={v}' for k, v in arguments.items())})"


def write(out: Path | None = None) -> None:
    """Write the table; where there are no recordings, as in an installed package, refuse."""
    root = repository("python -m studies._site.parity")
    out = out or root / "figures"
    out.mkdir(parents=True, exist_ok=True)
    (out / "parity.md").write_text(page())
    print(f"parity.md: {out}")


if __name__ == "__main__":
    command(__doc__ or "", fields_of(Parity), lambda given: write(**given))
