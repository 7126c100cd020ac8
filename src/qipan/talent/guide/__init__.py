"""Which jobs to recommend to whom, so that not everybody is sent after the same ones."""
