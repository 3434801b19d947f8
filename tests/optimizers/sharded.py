"""Which rules give other updates where parameters are sharded over eight devices: `NAME ...`.

A program of its own, since the number of devices is set before JAX starts. Prints a line for each
rule: its name, and the largest relative difference by kind of mesh, or what was raised.
"""

import os
import sys

os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"

import everything
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

jax.config.update("jax_num_cpu_devices", 8)
SPECS = {
    "rows": PartitionSpec("x"),
    "columns": PartitionSpec(None, "x"),
    "vector": PartitionSpec("x"),
    "cube": PartitionSpec(None, "x", None),
    "scalar": PartitionSpec(),
}


SHAPES = {"rows": (8, 8), "columns": (8, 8), "vector": (8,), "cube": (2, 8, 3), "scalar": ()}
# Rules that turn axes: but for square matrices a gradient leaves directions that rounding chooses.
TURNING = {"scale_by_shampoo", "scale_by_soap", "shampoo", "soap", "splus"}


def parameters(name):
    rng = np.random.default_rng(0)
    return {
        key: jnp.asarray(rng.normal(size=shape), jnp.float32)
        for key, shape in SHAPES.items()
        if len(set(shape)) == 1 < len(shape) or name not in TURNING
    }


def updates(name, params):
    rule = everything.RULES[name]()

    def run(params):
        state = rule.init(params)
        for turn in (2.0, 3.0, 5.0):  # gradients that are not those of before

            def loss(w, turn=turn):
                return everything.bowl(jax.tree.map(lambda x: x + jnp.sin(turn * x), w))

            steps, state = everything.step(rule, params, state, loss)
            params = jax.tree.map(lambda p, u: p + 0.1 * u, params, steps)
        return steps

    return jax.jit(run)(params)


def difference(name, kind, right):
    mesh = jax.make_mesh((8,), ("x",), axis_types=(kind,))
    with jax.set_mesh(mesh):
        params = {
            key: jax.device_put(x, NamedSharding(mesh, SPECS[key]))
            for key, x in parameters(name).items()
        }
        sharded = updates(name, params)
        if kind == AxisType.Explicit:
            for key, x in sharded.items():
                assert jax.typeof(x).sharding.spec == jax.typeof(params[key]).sharding.spec, key
    apart = []
    for key, x in right.items():
        scale = np.max(np.abs(x)) or 1.0
        apart.append(np.max(np.abs(np.asarray(sharded[key]) - np.asarray(x))) / scale)
    return float(np.max(apart))  # NaN, if there is one


def main():
    for name in sys.argv[1:] or sorted(everything.RULES):
        try:
            right = updates(name, parameters(name))
            found = [difference(name, kind, right) for kind in (AxisType.Auto, AxisType.Explicit)]
            print(name, *(f"{x:.1e}" for x in found), flush=True)
        except Exception as error:
            print(name, f"{type(error).__name__}: {str(error).splitlines()[0][:150]}", flush=True)


if __name__ == "__main__":
    main()
