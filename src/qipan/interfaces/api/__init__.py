"""REST: the same names as in Python, as JSON under one version."""
