"""Made by `python -m lab.stubs` for editors and type checkers: never edited by hand."""

from lab.catalog import Catalog, ScheduleEntry
from lab.schedules._constant import constant_schedule as constant_schedule
from lab.schedules._cosine import cosine_decay_schedule as cosine_decay_schedule
from lab.schedules._cyclic import exp_range_schedule as exp_range_schedule
from lab.schedules._cyclic import triangular2_schedule as triangular2_schedule
from lab.schedules._cyclic import triangular_schedule as triangular_schedule
from lab.schedules._exponential import exponential_decay as exponential_decay
from lab.schedules._inverse import inverse_sqrt_schedule as inverse_sqrt_schedule
from lab.schedules._inverse import inverse_time_decay as inverse_time_decay
from lab.schedules._join import join_schedules as join_schedules
from lab.schedules._linear import linear_schedule as linear_schedule
from lab.schedules._onecycle import cosine_onecycle_schedule as cosine_onecycle_schedule
from lab.schedules._onecycle import linear_onecycle_schedule as linear_onecycle_schedule
from lab.schedules._piecewise import piecewise_constant_schedule as piecewise_constant_schedule
from lab.schedules._piecewise import piecewise_interpolate_schedule as piecewise_interpolate_schedule
from lab.schedules._polynomial import polynomial_schedule as polynomial_schedule
from lab.schedules._restarts import cosine_restarts_schedule as cosine_restarts_schedule
from lab.schedules._restarts import sgdr_schedule as sgdr_schedule
from lab.schedules._step import step_decay as step_decay
from lab.schedules._warmup_constant import warmup_constant_schedule as warmup_constant_schedule
from lab.schedules._warmup_cosine import warmup_cosine_decay_schedule as warmup_cosine_decay_schedule
from lab.schedules._warmup_exponential import warmup_exponential_decay_schedule as warmup_exponential_decay_schedule
from lab.schedules._warmup_stable_decay import warmup_stable_decay_schedule as warmup_stable_decay_schedule

CATALOG: Catalog[ScheduleEntry]
