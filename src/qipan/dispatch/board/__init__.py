"""What a board is made of: round trips between places, tariffs of sites."""
