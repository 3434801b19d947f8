"""What lanes measured: the record, what it may be extended by, exported and loaded models."""
