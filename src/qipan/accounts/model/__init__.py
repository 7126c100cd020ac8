"""Nouns of accounts: what is posted, and what is claimed."""
