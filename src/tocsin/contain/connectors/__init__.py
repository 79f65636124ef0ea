"""Connectors: where an act is carried out, one file each."""
