"""Observations: what a source said, about which period, released when, and as of any day."""
