"""Numbers that no rule or transform can use are refused by name, in a sentence."""

import numpy as np
import pytest

from lab import optimizers
from lab.validation.errors import InputError

RULE = optimizers.sgd(0.1)
REFUSED = [  # a factory, arguments that are needed, and those of which each is wrong
    ("clip", (), {"max_delta": (-1, np.nan)}),
    ("clip_by_global_norm", (), {"max_norm": (-1, np.nan)}),
    ("clip_by_block_norm", (), {"max_norm": (-1,)}),
    ("clip_by_block_rms", (), {"threshold": (-1,)}),
    ("adaptive_grad_clip", (0.1,), {"eps": (-1,)}),
    ("adaptive_grad_clip", (), {"clipping": (-1,)}),
    ("max_norm", (), {"largest": (-1,)}),
    ("ema", (), {"decay": (-0.1, 1.5)}),
    ("scale_by_trust_ratio", (), {"min_norm": (-1,), "eps": (-1,)}),
    ("scale_by_param_block_rms", (), {"min_scale": (-1,)}),
    ("reduce_on_plateau", (), {
        "factor": (0, 1), "patience": (-1, 1.5), "rtol": (-1, 1.5, np.nan), "atol": (-1,),
        "cooldown": (-1,), "accumulation_size": (0,), "min_scale": (-1, 2),
    }),
    ("multi_steps", (RULE,), {"every_k_schedule": (0, -2, 1.5)}),
    ("lookahead", (), {"sync_period": (0, -1), "slow_step_size": (-0.5, 1.5)}),
    ("apply_if_finite", (RULE,), {"max_consecutive_errors": (-1,)}),
    ("sam", (RULE, RULE), {"sync_period": (0,)}),
    ("sam_sgd", (0.1,), {"rho": (-1,)}),
    ("sophia", (0.1,), {
        "gamma": (-1,), "update_interval": (0,), "clip_threshold": (-1,), "b1": (1.0,),
        "print_win_rate_every_n_steps": (-1,),
    }),
    ("lbfgs", (), {"memory_size": (0,)}),
    ("adafactor", (0.1,), {
        "decay_rate": (-1,), "momentum": (1.5,), "clipping_threshold": (-1,), "eps": (-1,),
        "decay_offset": (np.nan,),
    }),
    ("dog", (), {"init_step": (("distance", -1.0), ("far", 1.0))}),
    ("dowg", (), {"init_estim_sq_dist": (-1,)}),
    ("madgrad", (0.1,), {"momentum": (1.0,), "eps": (-1,)}),
    ("fromage", (0.1,), {"min_norm": (-1,)}),
    ("radam", (0.1,), {"b2": (0.5, 1.0), "threshold": (3.0,)}),
    ("ademamix", (0.1,), {"b3": (1.5, -0.1), "alpha": (-1,)}),
    ("adopt", (0.1,), {"b2": (1.0,)}),
    ("rprop", (0.1,), {"eta_minus": (1.5,)}),
]  # fmt: skip
LOOKAHEAD = {"fast_optimizer": RULE, "sync_period": 2, "slow_step_size": 0.5}
CASES = [
    (name, needed, argument, value)
    for name, needed, wrong in REFUSED
    for argument, values in wrong.items()
    for value in values
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[0]}-{c[2]}-{c[3]}")
def test_what_makes_no_sense_is_refused(case):
    name, needed, argument, value = case
    others = LOOKAHEAD if name == "lookahead" else {}
    with pytest.raises(InputError, match=f"^{argument} must be "):
        getattr(optimizers, name)(*needed, **others | {argument: value})
