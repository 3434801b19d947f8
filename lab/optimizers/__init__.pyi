"""Made by `python -m lab.stubs` for editors and type checkers: never edited by hand."""

from lab.catalog import Catalog, OptimizerEntry
from lab.optimizers.algorithms.adabelief import adabelief as adabelief
from lab.optimizers.algorithms.adabelief import scale_by_belief as scale_by_belief
from lab.optimizers.algorithms.adadelta import adadelta as adadelta
from lab.optimizers.algorithms.adadelta import scale_by_adadelta as scale_by_adadelta
from lab.optimizers.algorithms.adafactor import adafactor as adafactor
from lab.optimizers.algorithms.adagrad import adagrad as adagrad
from lab.optimizers.algorithms.adagrad import scale_by_rss as scale_by_rss
from lab.optimizers.algorithms.adam import adam as adam
from lab.optimizers.algorithms.adam import scale_by_adam as scale_by_adam
from lab.optimizers.algorithms.adamax import adamax as adamax
from lab.optimizers.algorithms.adamax import scale_by_adamax as scale_by_adamax
from lab.optimizers.algorithms.adamaxw import adamaxw as adamaxw
from lab.optimizers.algorithms.adamw import adamw as adamw
from lab.optimizers.algorithms.adan import adan as adan
from lab.optimizers.algorithms.adan import scale_by_adan as scale_by_adan
from lab.optimizers.algorithms.ademamix import ademamix as ademamix
from lab.optimizers.algorithms.ademamix import scale_by_ademamix as scale_by_ademamix
from lab.optimizers.algorithms.adopt import adopt as adopt
from lab.optimizers.algorithms.adopt import scale_by_adopt as scale_by_adopt
from lab.optimizers.algorithms.amsgrad import amsgrad as amsgrad
from lab.optimizers.algorithms.amsgrad import scale_by_amsgrad as scale_by_amsgrad
from lab.optimizers.algorithms.asgd import asgd as asgd
from lab.optimizers.algorithms.asgd import asgd_eval_params as asgd_eval_params
from lab.optimizers.algorithms.dog import dog as dog
from lab.optimizers.algorithms.dog import scale_by_dog as scale_by_dog
from lab.optimizers.algorithms.dowg import dowg as dowg
from lab.optimizers.algorithms.dowg import scale_by_dowg as scale_by_dowg
from lab.optimizers.algorithms.fromage import fromage as fromage
from lab.optimizers.algorithms.lamb import lamb as lamb
from lab.optimizers.algorithms.lars import lars as lars
from lab.optimizers.algorithms.lbfgs import lbfgs as lbfgs
from lab.optimizers.algorithms.lion import lion as lion
from lab.optimizers.algorithms.lion import scale_by_lion as scale_by_lion
from lab.optimizers.algorithms.madgrad import madgrad as madgrad
from lab.optimizers.algorithms.madgrad import scale_by_madgrad as scale_by_madgrad
from lab.optimizers.algorithms.momentum import momentum as momentum
from lab.optimizers.algorithms.momo import momo as momo
from lab.optimizers.algorithms.momo_adam import momo_adam as momo_adam
from lab.optimizers.algorithms.muon import muon as muon
from lab.optimizers.algorithms.nadam import nadam as nadam
from lab.optimizers.algorithms.nadamw import nadamw as nadamw
from lab.optimizers.algorithms.nesterov import nesterov as nesterov
from lab.optimizers.algorithms.noisy_sgd import noisy_sgd as noisy_sgd
from lab.optimizers.algorithms.novograd import novograd as novograd
from lab.optimizers.algorithms.novograd import scale_by_novograd as scale_by_novograd
from lab.optimizers.algorithms.optimistic_adam_v2 import optimistic_adam_v2 as optimistic_adam_v2
from lab.optimizers.algorithms.optimistic_gradient_descent import (
    optimistic_gradient_descent as optimistic_gradient_descent,
)
from lab.optimizers.algorithms.polyak_sgd import polyak_sgd as polyak_sgd
from lab.optimizers.algorithms.polyak_sgd import scale_by_polyak as scale_by_polyak
from lab.optimizers.algorithms.prodigy import prodigy as prodigy
from lab.optimizers.algorithms.radam import radam as radam
from lab.optimizers.algorithms.radam import scale_by_radam as scale_by_radam
from lab.optimizers.algorithms.rmsprop import rmsprop as rmsprop
from lab.optimizers.algorithms.rprop import rprop as rprop
from lab.optimizers.algorithms.rprop import scale_by_rprop as scale_by_rprop
from lab.optimizers.algorithms.sam_sgd import sam_sgd as sam_sgd
from lab.optimizers.algorithms.schedule_free_adamw import schedule_free_adamw as schedule_free_adamw
from lab.optimizers.algorithms.schedule_free_sgd import schedule_free_sgd as schedule_free_sgd
from lab.optimizers.algorithms.sgd import sgd as sgd
from lab.optimizers.algorithms.shampoo import scale_by_shampoo as scale_by_shampoo
from lab.optimizers.algorithms.shampoo import shampoo as shampoo
from lab.optimizers.algorithms.sign_sgd import scale_by_sign as scale_by_sign
from lab.optimizers.algorithms.sign_sgd import sign_sgd as sign_sgd
from lab.optimizers.algorithms.signum import signum as signum
from lab.optimizers.algorithms.sm3 import scale_by_sm3 as scale_by_sm3
from lab.optimizers.algorithms.sm3 import sm3 as sm3
from lab.optimizers.algorithms.soap import soap as soap
from lab.optimizers.algorithms.sophia import sophia as sophia
from lab.optimizers.algorithms.yogi import scale_by_yogi as scale_by_yogi
from lab.optimizers.algorithms.yogi import yogi as yogi
from lab.optimizers.transforms.adaptive_grad_clip import adaptive_grad_clip as adaptive_grad_clip
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights as add_decayed_weights
from lab.optimizers.transforms.add_noise import add_noise as add_noise
from lab.optimizers.transforms.apply_if_finite import apply_if_finite as apply_if_finite
from lab.optimizers.transforms.centralize import centralize as centralize
from lab.optimizers.transforms.clip_by_norm import clip_by_block_norm as clip_by_block_norm
from lab.optimizers.transforms.clip_by_norm import clip_by_block_rms as clip_by_block_rms
from lab.optimizers.transforms.clip_by_norm import clip_by_global_norm as clip_by_global_norm
from lab.optimizers.transforms.clip_by_value import clip as clip
from lab.optimizers.transforms.current_learning_rate import (
    current_learning_rate as current_learning_rate,
)
from lab.optimizers.transforms.ema import ema as ema
from lab.optimizers.transforms.freeze import freeze as freeze
from lab.optimizers.transforms.freeze import scale_layers as scale_layers
from lab.optimizers.transforms.hutchinson import (
    hutchinson_estimator_diag_hessian as hutchinson_estimator_diag_hessian,
)
from lab.optimizers.transforms.l1 import add_l1_weights as add_l1_weights
from lab.optimizers.transforms.l1 import proximal_elastic_net as proximal_elastic_net
from lab.optimizers.transforms.l1 import proximal_l1 as proximal_l1
from lab.optimizers.transforms.lookahead import lookahead as lookahead
from lab.optimizers.transforms.max_norm import max_norm as max_norm
from lab.optimizers.transforms.multi_steps import multi_steps as multi_steps
from lab.optimizers.transforms.normalize import normalize as normalize
from lab.optimizers.transforms.reduce_on_plateau import reduce_on_plateau as reduce_on_plateau
from lab.optimizers.transforms.sam import sam as sam
from lab.optimizers.transforms.scale_by_lbfgs import scale_by_lbfgs as scale_by_lbfgs
from lab.optimizers.transforms.scale_by_learning_rate import (
    scale_by_learning_rate as scale_by_learning_rate,
)
from lab.optimizers.transforms.scale_by_muon import scale_by_muon as scale_by_muon
from lab.optimizers.transforms.scale_by_muon import scale_by_shape as scale_by_shape
from lab.optimizers.transforms.scale_by_optimistic_gradient import (
    scale_by_optimistic_gradient as scale_by_optimistic_gradient,
)
from lab.optimizers.transforms.scale_by_param_block_rms import (
    scale_by_param_block_rms as scale_by_param_block_rms,
)
from lab.optimizers.transforms.scale_by_rms import scale_by_rms as scale_by_rms
from lab.optimizers.transforms.scale_by_rms import scale_by_stddev as scale_by_stddev
from lab.optimizers.transforms.scale_by_soap import scale_by_soap as scale_by_soap
from lab.optimizers.transforms.scale_by_sophia import scale_by_sophia as scale_by_sophia
from lab.optimizers.transforms.scale_by_trust_ratio import (
    scale_by_trust_ratio as scale_by_trust_ratio,
)
from lab.optimizers.transforms.schedule_free import schedule_free as schedule_free
from lab.optimizers.transforms.schedule_free import (
    schedule_free_eval_params as schedule_free_eval_params,
)
from lab.optimizers.transforms.trace import trace as trace

CATALOG: Catalog[OptimizerEntry]
