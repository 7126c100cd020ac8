"""Detectors: each gives every cell and period a score from what lies before it."""
