"""Nouns of policy."""
