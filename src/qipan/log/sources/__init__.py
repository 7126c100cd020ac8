"""How a published log is written to files and read from them."""
