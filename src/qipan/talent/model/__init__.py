"""Nouns of the pillar."""
