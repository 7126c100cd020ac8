"""Nouns of the ledger: one file for what is registered, one for what is read, one for what is told."""
