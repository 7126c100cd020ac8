"""Adapters that read production and use from files."""
