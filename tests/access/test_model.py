"""Roles: each includes those before it."""

from qipan.access.model import Role


def test_includes_follows_the_order_of_the_roles():
    viewer, operator, admin = Role
    assert [one.includes(operator) for one in (viewer, operator, admin)] == [False, True, True]
    assert all(one.includes(one) and admin.includes(one) and one.includes(viewer) for one in Role)
