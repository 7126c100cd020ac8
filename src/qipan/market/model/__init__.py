"""Nouns of the market: one file for what is traded, one for orders, then marks, margin, default, delivery, spot."""
