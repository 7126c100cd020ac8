"""What to build where and by when."""
