"""The verifiable log: what was entered, in which order, provable to anyone who kept an earlier root."""
