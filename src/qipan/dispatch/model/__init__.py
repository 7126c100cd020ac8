"""Nouns of dispatch: one file for what is to run, one for where it may, one for what is planned."""
