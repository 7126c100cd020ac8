"""The day's programme at national scale: steps from both sides, and exact ends."""
