"""What a person can ask of the ledger: the register, the readings, the figures."""
