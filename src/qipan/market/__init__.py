"""Who buys which compute for when, at what price, and what secures it: rules that return trades, positions, amounts."""
