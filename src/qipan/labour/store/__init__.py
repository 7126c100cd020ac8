"""Tables and queries of labour."""
