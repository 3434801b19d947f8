"""When lanes stop before their budget is spent: the rule, and the training that obeys it."""
