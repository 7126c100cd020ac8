"""Small boards, jobs and rules, as for dispatch."""

from tests.dispatch.conftest import make_board, make_jobs, rules

__all__ = ["make_board", "make_jobs", "rules"]
