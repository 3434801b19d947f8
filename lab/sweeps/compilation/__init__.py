"""Programs mapped over lanes and compiled once."""
