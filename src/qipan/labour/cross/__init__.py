"""Crosswalks: what a code is in another classification, the way back, and exposure that is carried across."""
