"""Occupations by the skills they need: who could go where, what they lack, who is affected by a warning."""
