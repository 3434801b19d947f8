"""What a training looks like from inside: pure functions of parameters, gradients and batches.

They work under `jit`, `vmap` and `scan`, on any pytree of parameters (Flax Linen, NNX, Equinox),
and inside a sweep, beside whose training they stand without touching a bit of it:
`lab.sweep(..., probe=lab.probes.Flow(), probe_every=10)`.
"""

from lab.probes.curvature import Operator, curvature_along, hessian, hessian_vector_product
from lab.probes.eigenvalues import Eigenvalues, lanczos, largest, sharpness, top_eigenvalues
from lab.probes.gradient_noise import Moments, gradient_moments, gradient_snr, part_gradients
from lab.probes.history import Remembered, memory, remember, remembering
from lab.probes.leaves import layer_names, layers, stacked
from lab.probes.norms import (
    cosine,
    layer_cosines,
    layer_norms,
    layer_rms,
    norm,
    relative_change,
    update_to_weight_ratio,
)
from lab.probes.preconditioned import (
    adam_preconditioner,
    preconditioned_eigenvalues,
    preconditioned_sharpness,
)
from lab.probes.saturation import dead_fraction, saturated_fraction, silent_fraction
from lab.probes.signal import activation_mean, activation_rms, activation_std, histogram
from lab.probes.snapshots import Flow, OfLoss, Signal, Since, Together, loss_of, together
from lab.probes.trace_estimation import Estimate, hessian_trace, hutchinson

__all__ = [
    "Eigenvalues", "Estimate", "Flow", "Moments", "OfLoss", "Operator", "Remembered", "Signal",
    "Since", "Together", "activation_mean", "activation_rms", "activation_std",
    "adam_preconditioner", "cosine", "curvature_along", "dead_fraction", "gradient_moments",
    "gradient_snr", "hessian", "hessian_trace", "hessian_vector_product", "histogram",
    "hutchinson", "lanczos", "largest", "layer_cosines", "layer_names", "layer_norms",
    "layer_rms", "layers", "loss_of", "memory", "norm", "part_gradients",
    "preconditioned_eigenvalues", "preconditioned_sharpness", "relative_change", "remember",
    "remembering", "saturated_fraction", "sharpness", "silent_fraction", "stacked", "together",
    "top_eigenvalues", "update_to_weight_ratio",
]  # fmt: skip
