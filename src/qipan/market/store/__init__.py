"""Tables of the market: books and their requests, trades, exposures."""
