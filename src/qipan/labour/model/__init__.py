"""Nouns of labour: panels, events, alarms, and what a back-test says."""
