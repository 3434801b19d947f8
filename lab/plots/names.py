"""Names of activations and initializers for people."""

SPELT = {
    "hard_sigmoid": "hard sigmoid", "relu": "ReLU", "leaky_relu": "leaky ReLU", "prelu": "PReLU",
    "elu": "ELU", "selu": "SELU", "gelu": "GELU",
    "constant": "constant ½", "small_normal": "N(0, 10⁻⁸)", "large_normal": "N(0, 1)",
    "uniform_half": "U[−½, ½]", "lecun_normal": "LeCun", "glorot_normal": "Glorot",
    "glorot_logistic_normal": "Glorot × 4", "he_normal": "He",
}  # fmt: skip


def plain(name: str) -> str:
    """A name for people; most are words as they are."""
    return SPELT.get(name, name)
