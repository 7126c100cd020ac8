"""Accounts: one conserved thing, a transfer between accounts of a typed, dated whole number of units."""
