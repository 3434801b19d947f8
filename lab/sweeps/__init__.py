"""Many training runs as a few compiled programs: plan, place, run."""
