"""Nouns of certificates: devices, issuances and their parts, what was used, what is asked."""
