"""The algorithms of the catalogue, one file each."""
