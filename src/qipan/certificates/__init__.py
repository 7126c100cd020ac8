"""Which part is green: certificates of renewable energy, who holds them, and which use they cover."""
