"""The only joint of the house, and the only room that knows an adapter."""
