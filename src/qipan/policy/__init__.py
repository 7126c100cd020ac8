"""What AI does to the gap between regions, and which lever closes it at what cost: a simulation with its coverage."""
