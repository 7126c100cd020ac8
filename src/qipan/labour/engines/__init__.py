"""Adapters that carry out what warnings lead to outside of the house."""
