"""Files that bring panels of regions in."""
