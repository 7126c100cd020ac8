"""Adapters that bring orders and price histories in."""
