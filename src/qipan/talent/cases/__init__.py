"""Cases of people: what becomes of each after a loss."""
