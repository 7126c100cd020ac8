"""``/docs``: the REST interface, written from its own OpenAPI document; it needs no network."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from qipan.access.model import Role
from qipan.interfaces.console.page import render
from qipan.interfaces.entry import require

router = APIRouter(dependencies=[Depends(require(Role.VIEWER))])


@router.get("/docs")
def docs(request: Request) -> Response:
    """Show every operation with its fields."""
    described: dict[str, Any] = request.app.openapi()
    schemas = described.get("components", {}).get("schemas", {})
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "name": operation["operationId"],
            "text": operation.get("description", ""),
            "fields": [*_parameters(operation), *_body(operation, schemas)],
        }
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    return render(request, "docs.html", operations=operations, document_address=request.app.openapi_url)


def _parameters(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _field(one["name"], one["in"], one["schema"], is_needed=one.get("required", False), text=one.get("description"))
        for one in operation.get("parameters", [])
    ]


def _body(operation: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {})
    fields = []
    for media_type, body in content.items():
        schema = schemas[body["schema"]["$ref"].rsplit("/", 1)[-1]]
        needed = schema.get("required", [])
        fields += [
            _field(name, media_type, one, is_needed=name in needed, text=None)
            for name, one in schema["properties"].items()
        ]
    return fields


def _field(name: str, place: str, schema: dict[str, Any], *, is_needed: bool, text: str | None) -> dict[str, Any]:
    options = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    kind = " | ".join(_kind(one) for one in options)
    return {
        "name": name,
        "place": place,
        "kind": kind,
        "is_needed": is_needed,
        "default": schema.get("default", ""),
        "text": text or schema.get("description", ""),
    }


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(repr(one) if one == "" else str(one) for one in schema["enum"])
    named = schema.get("$ref", "").rsplit("/", 1)[-1] or schema.get("type", "any")
    return f"{named} ({schema['format']})" if "format" in schema else str(named)
