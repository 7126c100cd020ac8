"""Adapters that bring transfers in."""
