"""Where AI is about to cost jobs, how sure one is, and what became of such warnings."""
