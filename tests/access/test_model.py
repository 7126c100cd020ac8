"""Roles: each includes those before it. Scopes: what is not named is not allowed."""

from qipan.access.model import Role, Scope


def test_includes_follows_the_order_of_the_roles():
    viewer, operator, admin = Role
    assert [one.includes(operator) for one in (viewer, operator, admin)] == [False, True, True]
    assert all(one.includes(one) and admin.includes(one) and one.includes(viewer) for one in Role)


def test_allows_site_takes_the_regions_and_the_sites_of_the_scope_and_no_other():
    scope = Scope(adcodes=frozenset({"520000"}), site_ids=frozenset({"wuhu-1"}))
    seen = [scope.allows_site(*at) for at in (("guian-1", "520000"), ("wuhu-1", "340000"), ("wuhu-2", "340000"))]
    assert seen == [True, True, False]


def test_allows_site_of_an_empty_scope_is_nothing():
    assert not Scope().allows_site("guian-1", "520000")
    assert not Scope(adcodes=frozenset({""})).allows_site("guian-1", "520000")
