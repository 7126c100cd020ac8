"""Tables and queries of dispatch."""
