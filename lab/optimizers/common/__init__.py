"""What several algorithms and transforms share."""
