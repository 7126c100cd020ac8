"""Agreements between regions: who supplies whom with compute, at what price, and how what follows is shared."""
