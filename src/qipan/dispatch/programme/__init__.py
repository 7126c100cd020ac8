"""The day's linear programme, written down, and the simplex method that answers it."""
