"""Print the imports that break the purity of verbs, models and stores, one a line; exit 1 if there is any.

A layers contract of import-linter needs fixed names, and verbs have free ones; this rule guards them.
"""

from __future__ import annotations

import grimp

PILLARS = {
    "ledger", "dispatch", "market", "certificates", "agreements", "labour", "talent", "regions", "policy",
    "accounts", "observations", "log", "access",
}  # fmt: skip
ROOMS = {"service", "store", "sources", "engines"}
"""What is left of a pillar is model.py and the verbs."""
IMPURE = {
    "sqlalchemy", "sqlite3", "duckdb", "ibis", "pyarrow", "pandas", "deltalake", "psycopg", "alembic",
    "fastapi", "starlette", "typer", "httpx", "uvicorn", "random", "secrets", "time", "os", "subprocess", "socket",
}  # fmt: skip


def broken_rules() -> list[str]:
    """Return one line for each import that a verb, a model or a store may not have."""
    graph = grimp.build_graph("qipan", include_external_packages=True, cache_dir=None)
    found = []
    for module in sorted(graph.modules):
        root, pillar, room, *_ = [*module.split("."), "", ""]
        if root != "qipan" or pillar not in PILLARS or not room:
            continue
        for target in sorted(graph.find_modules_directly_imported_by(module)):
            their_root, their_pillar, their_room, *_ = [*target.split("."), "", ""]
            inside = their_root == "qipan" and their_pillar == pillar
            is_verb = inside and their_room not in ROOMS | {"model", ""}
            impure = their_root in IMPURE or target.startswith("qipan.storage") or (inside and their_room in ROOMS)
            if (room not in ROOMS and impure) or (room in {"model", "store"} and is_verb):
                found.append(f"{module} imports {target}")
    return found


if __name__ == "__main__":
    lines = broken_rules()
    print("\n".join(lines))
    raise SystemExit(bool(lines))
