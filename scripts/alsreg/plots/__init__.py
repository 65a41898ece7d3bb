"""Data in, figure out."""
