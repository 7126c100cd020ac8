"""Adapters that bring experts, posts and contracts in."""
