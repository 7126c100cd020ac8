"""One published price where many are optimal, and the identities that anyone can recompute."""
