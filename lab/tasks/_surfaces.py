"""Test functions of one or two numbers, as formulas; `lab.tasks.landscapes` lists them.

Each takes its coordinates one by one, scalars or arrays of one shape, and returns that shape.
"""

import jax.numpy as jnp


def bowl(x):
    """f(x) = x². Domain [−2, 2]; minimum 0 at 0; curvature 2, so η < 1 converges."""
    return x**2


def shifted_bowl(x):
    """f(x) = x² + x. Domain [−2.5, 1.5]; minimum −¼ at −½; curvature 2."""
    return x**2 + x


def double_well(x):
    """f(x) = x⁴ − 2x² + x/4. Domain [−1.7, 1.7]; minima near −1.030 and 0.967, the left deeper."""
    return x**4 - 2 * x**2 + x / 4


def round_bowl(x, y):
    """f(x, y) = ½(x² + y²). Domain [−3, 3]²; minimum 0 at the origin; κ = 1."""
    return (x**2 + y**2) / 2


def elongated_bowl(x, y):
    """f(x, y) = ½(x² + 20 y²). Domain [−3, 3] × [−2, 2]; minimum 0 at the origin; κ = 20."""
    return (x**2 + 20 * y**2) / 2


def rotated_bowl(x, y):
    """f(x, y) = ½(u² + 20 v²), u = (x + y)/√2, v = (y − x)/√2: the elongated bowl turned by 45°.

    Domain [−3, 3]²; minimum 0 at the origin; κ = 20. Scaling coordinates does not help here.
    """
    return ((x + y) ** 2 + 20 * (y - x) ** 2) / 4


def saddle(x, y):
    """f(x, y) = ½x² − ½y² + ¼y⁴. Domain [−2, 2]².

    Saddle at the origin (Hessian diag(1, −1)), minima −¼ at (0, ±1). The quartic term keeps what
    leaves the saddle from running to infinity.
    """
    return x**2 / 2 - y**2 / 2 + y**4 / 4


def monkey_saddle(x, y):
    """f(x, y) = (x³ − 3xy²)/3 + (x² + y²)²/4. Domain [−1.6, 1.6]².

    Degenerate saddle at the origin (Hessian 0), three ways down; minima −1/12 at (−1, 0) and
    (½, ±√3/2). The quartic term bounds it from below.
    """
    return (x**3 - 3 * x * y**2) / 3 + (x**2 + y**2) ** 2 / 4


def plateau(x, y):
    """f(x, y) = r²/(1 + r²), r² = x² + y². Domain [−6, 6]²; minimum 0 at the origin.

    Far out the slope dies as 2/r³: at r = 5 it is 0.015, against 0.65 at its steepest.
    """
    r2 = x**2 + y**2
    return r2 / (1 + r2)


def ravine(x, y):
    """f(x, y) = x²/20 + 5(y − sin x)². Domain [−5, 5] × [−2.5, 2.5]; minimum 0 at the origin.

    A winding valley: across it the curvature is 10 and more, along it about 0.1.
    """
    return x**2 / 20 + 5 * (y - jnp.sin(x)) ** 2


def rosenbrock(x, y):
    """f(x, y) = (1 − x)² + 100(y − x²)² (Rosenbrock 1960).

    Domain [−2, 2] × [−1, 3]; minimum 0 at (1, 1), where the condition number of the
    Hessian is 2,508.
    """
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def beale(x, y):
    """f(x, y) = (1.5 − x + xy)² + (2.25 − x + xy²)² + (2.625 − x + xy³)² (Beale 1958).

    Domain [−4.5, 4.5]²; minimum 0 at (3, ½); flat in the middle, steep in the corners.
    """
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def himmelblau(x, y):
    """f(x, y) = (x² + y − 11)² + (x + y² − 7)² (Himmelblau 1972).

    Domain [−5, 5]²; four minima, all 0.
    """
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def rastrigin(x, y):
    """f(x, y) = 20 + Σ (xᵢ² − 10 cos 2πxᵢ) (Rastrigin 1974). Domain [−5.12, 5.12]².

    Minimum 0 at the origin, among 11² local minima close to the whole numbers.
    """
    return 20 + x**2 + y**2 - 10 * (jnp.cos(2 * jnp.pi * x) + jnp.cos(2 * jnp.pi * y))


def ackley(x, y):
    """f(x, y) = −20 exp(−0.2 √(r²/2)) − exp(½(cos 2πx + cos 2πy)) + 20 + e (Ackley 1987).

    r² = x² + y². Domain [−5, 5]²; minimum 0 at the origin, which is the tip of a cone: there is
    no gradient, and 0 stands for it.
    """
    r2 = (x**2 + y**2) / 2
    tip = r2 == 0
    radius = jnp.where(tip, 0.0, jnp.sqrt(jnp.where(tip, 1.0, r2)))
    waves = (jnp.cos(2 * jnp.pi * x) + jnp.cos(2 * jnp.pi * y)) / 2
    return -20 * jnp.exp(-0.2 * radius) - jnp.exp(waves) + 20 + jnp.e


def styblinski_tang(x, y):
    """f(x, y) = ½ Σ (xᵢ⁴ − 16xᵢ² + 5xᵢ) (Styblinski & Tang 1990). Domain [−4, 4]².

    Minimum −78.332 at (−2.9035, −2.9035), and three worse minima.
    """
    return (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2
