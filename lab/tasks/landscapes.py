"""Landscapes of one or two numbers: formula, domain, minima; each also a task.

>>> from lab.tasks import LANDSCAPES
>>> LANDSCAPES["rosenbrock"].minima
((1.0, 1.0),)
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np

from lab.catalog import Catalog
from lab.tasks import _surfaces as surfaces
from lab.tasks.own import own
from lab.tasks.task import Task
from lab.validation.checks import check_fields

Point = tuple[float, ...]


@dataclass(frozen=True)
class Landscape:
    """A function to be minimized, with what is known about it.

    Attributes:
      name: The key in `LANDSCAPES`.
      value: `(x)` or `(x, y) -> f`: pure, for scalars or arrays of one shape; its docstring has
        the formula.
      domain: (low, high) of each coordinate: what pictures show and starts are drawn from.
      minima: Local minima inside the domain (of Ackley only the global one).
      start: A start that makes the landscape's point.
      saddles: Stationary points of indefinite curvature.
      smooth: Whether f has a Hessian at its minima.
    """

    name: str
    value: Callable[..., jax.Array]
    domain: tuple[tuple[float, float], ...]
    minima: tuple[Point, ...]
    start: Point
    saddles: tuple[Point, ...] = ()
    smooth: bool = True

    def __post_init__(self):
        check_fields(self)

    @property
    def dimension(self) -> int:
        """Number of coordinates, D."""
        return len(self.domain)

    @property
    def formula(self) -> str:
        """The formula, as text."""
        return (inspect.getdoc(self.value) or self.name).split(". ")[0].split(".\n")[0]

    def __call__(self, w) -> jax.Array:
        """Height at `w` [D, ...], coordinates along the first axis: [...]."""
        return self.value(*w)

    def grid(self, points: int = 200) -> tuple[np.ndarray, ...]:
        """Coordinates and values on a regular grid of the domain, for pictures.

        Returns:
          x [P] and f [P] in one dimension; x [P], y [P] and f [P, P] (rows are y) in two.
        """
        lines = [np.linspace(low, high, points) for low, high in self.domain]
        mesh = np.meshgrid(*lines)
        return (*lines, np.asarray(self.value(*map(jnp.asarray, mesh))))

    def starts(self, points: int) -> np.ndarray:
        """Starts [points², 2] on a regular grid of the domain, row by row in y."""
        lines = [np.linspace(low, high, points) for low, high in self.domain]
        return np.stack([axis.ravel() for axis in np.meshgrid(*lines)], -1)


def task(landscape: Landscape, start: Point | None = None) -> Task:
    """A landscape as a task for `lab.sweep`: one vector of D parameters, no data.

    The parameters are `start` (the landscape's own by default) plus the task's number `spread`
    times a standard normal vector drawn from the seed.
    """
    origin = landscape.start if start is None else start

    def init(key, hypers):
        noise = jax.random.normal(key, (landscape.dimension,))
        return jnp.asarray(origin, noise.dtype) + hypers["spread"] * noise

    return own(
        init=init,
        loss=lambda params, hypers: landscape(params),
        hypers={"spread": 0.0},
        name=landscape.name,
    )


_WAVE = (0.0, 0.9949586376523348, 1.9899122337085497,
         2.984855701039481, 3.9797838603007536, 4.974691390895051)  # fmt: skip
_RASTRIGIN = tuple(product([-k for k in _WAVE[:0:-1]] + list(_WAVE), repeat=2))
_TANG = (-2.903534027771177, 2.746802770990837)

_ALL = (
    Landscape("bowl", surfaces.bowl, ((-2, 2),), ((0.0,),), (-1.6,)),
    Landscape("shifted_bowl", surfaces.shifted_bowl, ((-2.5, 1.5),), ((-0.5,),), (-2.1,)),
    Landscape(
        "double_well", surfaces.double_well, ((-1.7, 1.7),),
        ((-1.0298959850506604,), (0.96714893788303,)), (1.6,), ((0.06274704716763035,),),
    ),
    Landscape("round_bowl", surfaces.round_bowl, ((-3, 3), (-3, 3)), ((0.0, 0.0),), (-2.5, 2.0)),
    Landscape(
        "elongated_bowl", surfaces.elongated_bowl, ((-3, 3), (-2, 2)), ((0.0, 0.0),), (-2.7, 1.2)
    ),
    Landscape(
        "rotated_bowl", surfaces.rotated_bowl, ((-3, 3), (-3, 3)), ((0.0, 0.0),), (-1.2, -2.8)
    ),
    Landscape(
        "saddle", surfaces.saddle, ((-2, 2), (-2, 2)), ((0.0, 1.0), (0.0, -1.0)), (-1.8, 0.01),
        ((0.0, 0.0),),
    ),
    Landscape(
        "monkey_saddle", surfaces.monkey_saddle, ((-1.6, 1.6), (-1.6, 1.6)),
        ((-1.0, 0.0), (0.5, 0.75**0.5), (0.5, -(0.75**0.5))), (1.5, 0.02), ((0.0, 0.0),),
    ),
    Landscape("plateau", surfaces.plateau, ((-6, 6), (-6, 6)), ((0.0, 0.0),), (-5.0, 3.5)),
    Landscape("ravine", surfaces.ravine, ((-5, 5), (-2.5, 2.5)), ((0.0, 0.0),), (-4.5, 2.0)),
    Landscape("rosenbrock", surfaces.rosenbrock, ((-2, 2), (-1, 3)), ((1.0, 1.0),), (-1.5, 2.0)),
    Landscape("beale", surfaces.beale, ((-4.5, 4.5), (-4.5, 4.5)), ((3.0, 0.5),), (-1.0, 1.5)),
    Landscape(
        "himmelblau", surfaces.himmelblau, ((-5, 5), (-5, 5)),
        ((3.0, 2.0), (-2.805118086952745, 3.131312518250573),
         (-3.779310253377747, -3.283185991286169), (3.5844283403304917, -1.8481265269644034)),
        (-0.5, -4.5),
    ),
    Landscape(
        "rastrigin", surfaces.rastrigin, ((-5.12, 5.12), (-5.12, 5.12)), _RASTRIGIN, (-4.3, 3.6)
    ),
    Landscape(
        "ackley", surfaces.ackley, ((-5, 5), (-5, 5)), ((0.0, 0.0),), (-3.6, 4.3), smooth=False
    ),
    Landscape(
        "styblinski_tang", surfaces.styblinski_tang, ((-4, 4), (-4, 4)),
        tuple(product(_TANG, repeat=2)), (0.5, 3.8),
    ),
)  # fmt: skip

LANDSCAPES: Catalog[Landscape] = Catalog("landscape", {entry.name: entry for entry in _ALL})
