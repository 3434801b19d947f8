"""When lanes stop before their budget is spent: the rule, and the training that obeys it."""

from lab.sweeps.early_stopping.rule import EarlyStopping, replay

__all__ = ["EarlyStopping", "replay"]
