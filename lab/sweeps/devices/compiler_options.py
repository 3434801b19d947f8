"""Options of XLA for the functions of a program."""

from typing import Any

import jax
from jax.sharding import Mesh

from lab.compatibility import inner_jaxprs

DRAWS = {"random_bits", "random_gamma", "threefry2x32", "rng_bit_generator"}


def compiled(traced: Any, mesh: Mesh) -> Any:
    """A traced function, compiled for one of the devices of a mesh.

    An option that this version of XLA does not know is left out: it makes programs fast, no more.
    """
    lowered, chosen = traced.lower(), options(mesh, traced.jaxpr)
    while True:
        try:
            return lowered.compile(chosen)
        except jax.errors.JaxRuntimeError as error:
            unknown = [name for name in chosen if f"No such compile option: '{name}'" in str(error)]
            if not unknown:
                raise
            chosen = {name: value for name, value in chosen.items() if name not in unknown}


def options(mesh: Mesh, jaxpr: Any) -> dict[str, Any]:
    """Options for one of the devices of a mesh; none where JAX is to compile in haste.

    LLVM's level 3, the usual one, takes longer, and with small products what it makes is slower (by
    a sixth for 64-32-32-10 without dropout); it is faster only with random numbers that are drawn
    over and over (by a fifth for 64-128-128-10 with dropout).
    """
    hasty = jax.config.read("jax_disable_most_optimizations")
    if mesh.devices.flat[0].platform != "cpu" or hasty:
        return {}
    chosen = {} if draws_repeatedly(jaxpr) else {"xla_backend_optimization_level": "2"}
    if mesh.size > 1:
        # XLA would share loops of large kernels among all cores, which are busy with a group each
        chosen["xla_disable_hlo_passes"] = "cpu-parallel-task-assigner"
    return chosen


def draws_repeatedly(jaxpr: Any, looping: bool = False) -> bool:
    """Whether random numbers are drawn in a loop, but for what happens in some rounds of it only.

    That is what a probe draws, which must change nothing else.
    """
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        if looping and name in DRAWS:
            return True
        within = looping or name in ("while", "scan")
        parts = inner_jaxprs(equation).values()
        if name != "cond" and any(draws_repeatedly(part, within) for part in parts):
            return True
    return False
