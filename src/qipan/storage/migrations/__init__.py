"""Migrations of the books, hand-checked; one test proves that they and the stores' tables are the same.

A new table is written in its ``store.py`` first. ``tests/storage/test_migrations.py`` then fails and prints the
operations that are missing: copy them into a new script under ``versions/``, read them, and keep the chain.
Scripts import nothing of Qipan, so that an old one never changes its meaning.
"""
