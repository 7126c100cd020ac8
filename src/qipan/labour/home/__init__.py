"""Warnings carried home: losses in jobs, by occupation, by the regions that people come from, and what helps them."""
