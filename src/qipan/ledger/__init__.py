"""The compute ledger: where the compute is, who uses it, what it burns, what stands idle."""
