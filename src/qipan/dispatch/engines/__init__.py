"""Adapters that carry plans out."""
