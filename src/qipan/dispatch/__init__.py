"""Where today's work should run, and what an hour of compute is worth there."""
