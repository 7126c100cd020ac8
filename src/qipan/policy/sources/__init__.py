"""Adapters of policy."""
