"""Lanes that train: data and inputs, groups, blocks, rounds, timing."""
