"""Capacity sold beforehand: allotted to pools, used by covered jobs, and settled at the LMP."""
