"""Tables of accounts: what was posted, and what was claimed."""
