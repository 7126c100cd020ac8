"""Adapters that bring panels in."""
