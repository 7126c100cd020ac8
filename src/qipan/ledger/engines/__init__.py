"""Adapters that hand the ledger's figures to other systems, in their forms."""
