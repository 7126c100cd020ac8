"""Adapters that bring fleets and readings into the ledger."""
