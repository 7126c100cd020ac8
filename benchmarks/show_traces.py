"""Render the result of `bench_traces` as a page of the documentation: one table and one picture."""

from __future__ import annotations

def table_of(result):
    return []

def write_page(path):
    pass
