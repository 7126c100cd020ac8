"""Nouns of regions."""
