"""What a programme did: its average effect, whom it helps, and what choosing by that gains."""
