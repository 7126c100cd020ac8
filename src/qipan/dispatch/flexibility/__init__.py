"""What work that can wait or move is worth to the grid: calls, peaks, uptake."""
