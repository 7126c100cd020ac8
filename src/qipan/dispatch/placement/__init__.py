"""Whole jobs on a board: along a plan or by simple rules, their bound and their score."""
