"""What can be asked of the market: trade, clear, look."""
