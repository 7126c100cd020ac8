"""Pages of clusters: where adjoining regions lose work at once, as a list and on the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qipan.interfaces.report.labour import is_seen
from qipan.interfaces.report.table import Head, Table, row
from qipan.interfaces.report.words import Words

if TYPE_CHECKING:
    from qipan.access.model import Scope


def seen_clusters(told: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Return what was told with the clusters of which every region lies within a scope."""
    seen = [one for one in told["clusters"] if all(is_seen(region, scope) for region in one["regions"])]
    return {**told, "clusters": seen}


def loss_text(loss: float, told: Mapping[str, Any]) -> str:
    """Return a loss as people read it: a share in per cent, else in the unit of the panel."""
    return f"{loss:.1%}" if told["is_share"] else f"{loss:,.4g}"


def cluster_list(told: Mapping[str, Any], names: Mapping[str, str], said: Words) -> Table:
    """Return the clusters, the strongest first, with their numbers on the map."""
    heads = (
        Head(said.say("Regions"), is_number=False),
        Head(said.say("Industries"), is_number=False),
        Head(said.say("Cells")),
        Head(said.say("Losing since"), is_number=False),
        Head(said.say("Loss beyond elsewhere"), "" if told["is_share"] else told["unit"]),
        Head(said.say("Score")),
    )
    rows = tuple(
        row(
            _joined((names.get(region, region) for region in one["regions"]), said),
            " / ".join(_joined(some, said) for some in (one["industries"], one["occupations"]) if some)
            or said.say("All"),
            str(one["cells"]),
            str(one["since"]),
            loss_text(one["loss"], told),
            f"{one['score']:.1f}",
        )
        for one in told["clusters"]
    )
    return Table(said.say("Clusters, the strongest first"), heads, rows, empty=said.say("No cluster is told."))


def cluster_map(
    told: Mapping[str, Any], regions: Sequence[str], names: Mapping[str, str], said: Words
) -> dict[str, Any] | None:
    """Return the map of regions by the greatest loss of their clusters; nothing where the panel has no provinces."""
    losses = {region: 0.0 for region in regions if region in names}
    for one in told["clusters"]:
        shown = 100.0 * one["loss"] if told["is_share"] else one["loss"]
        losses |= {region: max(losses[region], shown) for region in one["regions"] if region in losses}
    if not losses:
        return None
    words = {"demand": said.say("Loss beyond elsewhere"), "no_data": said.say("not in this panel")}
    return {
        "kind": "map",
        "lang": said.lang,
        "unit": "%" if told["is_share"] else told["unit"],
        "digits": 1,
        "demand": losses,
        "sites": [],
        "origins": [],
        "flows": [],
        "words": {**words, "capacity": "", "used": "", "work": ""},
    }


def _joined(names: Any, said: Words) -> str:
    return ("、" if said.lang == "zh" else ", ").join(names)
