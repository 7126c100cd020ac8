"""Adapters that turn the bytes of a job file into an intake: Philly, openb, LLM requests, and the generic form."""
