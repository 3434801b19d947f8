"""Sweeps that were cut off and go on: files, their schedule, signals."""
