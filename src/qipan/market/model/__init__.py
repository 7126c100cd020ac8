"""Nouns of the market: what is traded, orders, marks, margin, default, delivery, spot, and finance around them."""
