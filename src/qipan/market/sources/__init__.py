"""Adapters that bring orders, price histories, and what was delivered in."""
