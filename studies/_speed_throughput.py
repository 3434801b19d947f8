"""Run-steps per second of `lab.sweep` beside what one would otherwise write.

Python loop of jitted steps, one compiled scan per run, a plain vmap over runs, and `lab.sweep`:
same model, data, optimizer and number of updates, interleaved in one process, medians of rounds.
"""

import functools
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray as xr
from matplotlib.figure import Figure

import lab
from lab import plots
from lab.tasks import Task
from studies._speed_panel import Scope, Table

RATE = 1e-3
LANES = 32
ROUNDS = 7


class Case(NamedTuple):
    """One size of network and batch."""

    width: int
    batch: int
    updates: int  # of every run in a round; enough for about half a second of sweeping

    @property
    def name(self) -> str:
        """What the case is called in figures."""
        return f"64-{self.width}-{self.width}-10, batch {self.batch}"

    @property
    def flops(self) -> int:
        """Of the matrix products of an update that are executed.

        2·B·m·n each for the value, the weight gradient and the input gradient of a layer, the
        last of which the first layer never needs.
        """
        layers = [(64, self.width), (self.width, self.width), (self.width, 10)]
        products = 3 * sum(m * n for m, n in layers) - layers[0][0] * layers[0][1]
        return 2 * self.batch * products


CASES = (Case(128, 64, 400), Case(32, 32, 2000), Case(32, 8, 4000))
Runner = Callable[[], int]  # trains, and says how many run-steps it took


def measure(scope: Scope) -> xr.Dataset:
    """Time all ways in turn, round after round."""
    cases = [CASES[-1]._replace(updates=40)] if scope.smoke else CASES
    rounds = scope.rounds or ROUNDS
    peak = [_matmul_gflops() for _ in range(rounds)]
    rates: dict[str, dict[str, list[float]]] = {}
    for case in cases:
        ways = _ways(case)
        for runner in ways.values():
            runner()  # compiles
        timed: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, runner in ways.items():
                begin = time.perf_counter()
                steps = runner()
                timed[name].append(steps / (time.perf_counter() - begin))
        rates[case.name] = timed
        print(case.name, {name: f"{statistics.median(v):,.0f}/s" for name, v in timed.items()})
    names = list(next(iter(rates.values())))
    return xr.Dataset(
        {
            "rate": (
                ("case", "way", "round"),
                np.array([[rates[case.name][way] for way in names] for case in cases]),
                {"long_name": "run-steps per second", "units": "1/s"},
            ),
            "flops": (("case",), np.array([case.flops for case in cases]), {"units": "flop"}),
            "peak": (("round",), np.array(peak), {"units": "GFLOP/s"}),
        },
        {"case": [case.name for case in cases], "way": names},
    )


def _ways(case: Case) -> dict[str, Runner]:
    task = lab.tasks.CATALOG["digits"].make(widths=(case.width, case.width))
    return {
        "Python loop of jitted steps": _python_loop(task, case),
        "one scan per run": _scan(task, case),
        "plain vmap over runs": _vmap(task, case),
        "lab.sweep": _sweep(task, case),
    }


def _pieces(task: Task, case: Case):
    """Shared by the three plain ways: first parameters, a step, and batches [T, B, ...]."""
    split = task.source.prepare(0)
    rng = np.random.default_rng(0)
    index = rng.choice(split.train, (case.updates, case.batch))
    batches = {key: rows[index] for key, rows in split.rows.items()}
    hypers = {name: jnp.float32(value) for name, value in task.hypers.items()}
    opt = optax.adam(RATE)

    def start(key):
        params = task.problem.init(key, hypers).params
        return params, opt.init(params)

    def step(state, batch):
        params, opt_state = state

        def loss(params):
            return task.problem.loss(params, {}, batch, None, hypers)[0]

        value, gradient = jax.value_and_grad(loss)(params)
        updates, opt_state = opt.update(gradient, opt_state, params)
        return (optax.apply_updates(params, updates), opt_state), value

    return start, step, batches


def _python_loop(task: Task, case: Case) -> Runner:
    start, step, batches = _pieces(task, case)
    state, step = jax.jit(start)(jax.random.key(0)), jax.jit(step)

    def run() -> int:
        now = state
        for t in range(case.updates):
            now, _ = step(now, {key: rows[t] for key, rows in batches.items()})
        jax.block_until_ready(now)
        return case.updates

    return run


def _scan(task: Task, case: Case) -> Runner:
    start, step, batches = _pieces(task, case)
    state = jax.jit(start)(jax.random.key(0))
    whole = jax.jit(lambda state, batches: jax.lax.scan(step, state, batches))

    def run() -> int:
        jax.block_until_ready(whole(state, batches))
        return case.updates

    return run


def _vmap(task: Task, case: Case) -> Runner:
    start, step, batches = _pieces(task, case)
    states = jax.jit(jax.vmap(start))(jax.random.split(jax.random.key(0), LANES))

    def whole(state, batches):
        return jax.lax.scan(step, state, batches)

    mapped = jax.jit(jax.vmap(whole, in_axes=(0, None)))

    def run() -> int:
        jax.block_until_ready(mapped(states, batches))
        return case.updates * LANES

    return run


def _sweep(task: Task, case: Case) -> Runner:
    def run() -> int:
        record = lab.sweep(
            task, ["adam"], axes={"learning_rate": np.geomspace(1e-4, 1e-2, 4)}, seeds=LANES // 4,
            budget=lab.Budget(updates=case.updates), batch_size=case.batch, evaluations=1,
            progress=False,
        )  # fmt: skip
        return record.attrs["lane_updates"]

    return run


@functools.cache
def _large_product() -> tuple[Any, Any]:
    """One large product per device at the same time, as lanes would have it."""
    mesh = jax.make_mesh((jax.device_count(),), ("d",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec("d")
    matrices = jax.device_put(
        np.ones((jax.device_count(), 2048, 2048), np.float32), jax.NamedSharding(mesh, spec)
    )
    product = jax.shard_map(lambda a: a @ a, mesh=mesh, in_specs=spec, out_specs=spec)
    return jax.jit(product), matrices


def _matmul_gflops(repeats: int = 3) -> float:
    product, matrices = _large_product()
    jax.block_until_ready(product(matrices))
    begin = time.perf_counter()
    for _ in range(repeats):
        jax.block_until_ready(product(matrices))
    seconds = (time.perf_counter() - begin) / repeats
    return 2 * matrices.shape[0] * matrices.shape[1] ** 3 / seconds / 1e9


def drawn(record: xr.Dataset, machine: str) -> tuple[Figure, Table]:
    """Figure and table, from the record alone."""
    rate = record.rate.median("round")
    loop = rate.sel(way="Python loop of jitted steps")
    share = rate * record.flops / 1e9 / float(record.peak.median())
    header = ["case", "way", "run-steps/s", "range", "× Python loop", "share of peak"]
    rows = []
    for case in record.case.values.tolist():
        for way in record.way.values.tolist():
            spread = record.rate.sel(case=case, way=way).values
            rows.append([
                case, way, f"{float(rate.sel(case=case, way=way)):,.0f}",
                f"{spread.min():,.0f} – {spread.max():,.0f}",
                f"{float(rate.sel(case=case, way=way) / loop.sel(case=case)):.1f}",
                f"{float(share.sel(case=case, way=way)):.0%}",
            ])  # fmt: skip
    text = (
        f"Medians of {record.sizes['round']} interleaved rounds, bars: range. {LANES} lanes, Adam, "
        f"float32, digits; {machine}. Peak: a large matrix product at "
        f"{float(record.peak.median()):.0f} GFLOP/s."
    )
    return plots.speeds(record.rate, text), Table("Run-steps per second", header, rows, text)
