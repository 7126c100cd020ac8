"""The catalogue of facts: look one up, search, list, and read the places that the facts describe."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from qipan.facts import read
from qipan.facts.model import BackboneLink, BackboneNode, Fact, Source, Unit
from qipan.facts.windows import bands_by_hour
from qipan.kernel.errors import BadInputError, Finding, NotFoundError
from qipan.kernel.places import Cluster, Hub, Point, Region

PLACES = {
    "region": "regions",
    "hub": "hubs",
    "cluster": "clusters",
    "backbone_node": "backbone_nodes",
    "backbone_link": "backbone_links",
}
"""Subjects that are kept as tables with one thing a row, and the name of their file."""


class Catalog:
    """All facts, found by name, by prefix or by search; it never changes.

    Examples
    --------
    >>> catalog = Catalog.load()
    >>> catalog.number("grid/location_factor/640000/2022")
    0.6423
    >>> catalog.region("宁夏").adcode, catalog.region("Ningxia").macro4
    ('640000', 'west')
    """

    def __init__(self, facts: Iterable[Fact], *, sources: Mapping[str, Source], units: Mapping[str, Unit]) -> None:
        self._facts = {fact.fact_id: fact for fact in facts}
        self._sources = dict(sources)
        self._units = dict(units)

    @classmethod
    def load(cls, overrides: Path | None = None) -> Catalog:
        """Read the shipped facts, and let a user's file replace some of them.

        Parameters
        ----------
        overrides
            CSV with the columns ``fact_id`` and ``value``; ``unit``, ``as_of``, ``status``, ``source`` and ``note``
            may follow.

        Raises
        ------
        BadInputError
            ``facts_unreadable`` with findings when the file is missing, is not UTF-8, or a row is broken;
            ``fact_repeated`` when a shipped number stands in two files.
        """
        shipped = resources.files("qipan.facts")
        sources = read.read_sources(_text(shipped / "sources.csv"), where="sources.csv")
        units = read.read_units(_text(shipped / "units.csv"), where="units.csv")
        facts: dict[str, Fact] = {}
        for fact in (*_places(shipped, units, sources), *_figures(shipped, units, sources)):
            if fact.fact_id in facts:
                raise BadInputError(
                    f"A fact must be shipped once, was {fact.fact_id} twice.",
                    code="fact_repeated",
                    hint="Keep the number in one file.",
                )
            facts[fact.fact_id] = fact
        if overrides is not None:
            own = read.override(_own_text(overrides), where=str(overrides), facts=facts, units=units, sources=sources)
            facts |= {fact.fact_id: fact for fact in own}
            sources[read.OWN_FILE] = replace(sources[read.OWN_FILE], title=overrides.name)
        return cls(facts.values(), sources=sources, units=units)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts in the order of their files."""
        return tuple(self._facts.values())

    def fact(self, fact_id: str) -> Fact:
        """Return one fact.

        Raises
        ------
        NotFoundError
            ``fact_unknown``; the hint names the nearest ones.
        """
        fact = self._facts.get(fact_id)
        if fact is None:
            raise _unknown("fact", fact_id, code="fact_unknown", known=self._facts)
        return fact

    def number(self, fact_id: str) -> float:
        """Return the value of a fact that is a number.

        Raises
        ------
        NotFoundError
            ``fact_unknown``.
        BadInputError
            ``fact_not_number`` when the value is text or ``none``.
        """
        value = self.fact(fact_id).value
        if not isinstance(value, float):
            raise BadInputError(
                f"The fact {fact_id} must be a number here, was {value!r}.",
                code="fact_not_number",
                hint="Give a number for it in your own file of facts.",
                field=fact_id,
            )
        return value

    def number_or_none(self, fact_id: str) -> float | None:
        """Return the value of a numeric fact, or None where it says that there is none, as a tier without limit.

        Raises
        ------
        NotFoundError
            ``fact_unknown``.
        BadInputError
            ``fact_not_number`` when the fact holds text.

        Examples
        --------
        >>> catalog = Catalog.load()
        >>> catalog.number_or_none("tier/offline/round_trip_ms_max") is None
        True
        """
        fact = self.fact(fact_id)
        if self._units[fact.unit].is_number and isinstance(fact.value, str):
            return None
        return self.number(fact_id)

    def text(self, fact_id: str) -> str:
        """Return the value of a fact as text, a number in its shortest form.

        Raises
        ------
        NotFoundError
            ``fact_unknown``.

        Examples
        --------
        >>> Catalog.load().text("cluster/zhongwei/rack_up_target")
        '0.65'
        """
        return written(self.fact(fact_id).value)

    def under(self, prefix: str) -> tuple[Fact, ...]:
        """Return the facts whose name is ``prefix`` or goes on from it after a slash.

        Examples
        --------
        >>> [fact.fact_id for fact in Catalog.load().under("cluster/zhongwei")][:2]
        ['cluster/zhongwei/name_zh', 'cluster/zhongwei/name_en']
        """
        trunk = prefix.rstrip("/")
        return tuple(fact for fact in self.facts if fact.fact_id == trunk or fact.fact_id.startswith(f"{trunk}/"))

    def numbers(self, prefix: str) -> dict[str, float]:
        """Return the numbers under a prefix by what follows it, in the order of their file.

        Raises
        ------
        NotFoundError
            ``fact_unknown`` when nothing stands under the prefix.
        BadInputError
            ``fact_not_number`` when one of them is text or ``none``.

        Examples
        --------
        >>> Catalog.load().numbers("price/band_ratio")
        {'sharp': 2.0, 'peak': 1.7, 'flat': 1.0, 'valley': 0.4}
        """
        trunk = prefix.rstrip("/") + "/"
        found = {fact.fact_id.removeprefix(trunk): self.number(fact.fact_id) for fact in self.under(prefix)}
        if not found:
            raise _unknown("fact", prefix, code="fact_unknown", known=self._facts)
        return found

    def search(self, query: str) -> tuple[Fact, ...]:
        """Return the facts that hold every word of a query, in either language, in any case.

        Name, labels, text values, note, unit and source (key, title, issuer) are searched. An empty query finds all.

        Examples
        --------
        >>> [fact.fact_id for fact in Catalog.load().search("中卫 上架率")]
        ['cluster/zhongwei/rack_up_target']
        """
        words = query.casefold().split()
        return tuple(fact for fact in self.facts if all(word in self._searched(fact) for word in words))

    def sources(self) -> tuple[Source, ...]:
        """Return all sources."""
        return tuple(self._sources.values())

    def source(self, key: str) -> Source:
        """Return one source.

        Raises
        ------
        NotFoundError
            ``source_unknown``.
        """
        if key not in self._sources:
            raise _unknown("source", key, code="source_unknown", known=self._sources)
        return self._sources[key]

    def unit(self, key: str) -> Unit:
        """Return one unit with its labels.

        Raises
        ------
        NotFoundError
            ``unit_unknown``.
        """
        if key not in self._units:
            raise _unknown("unit", key, code="unit_unknown", known=self._units)
        return self._units[key]

    def regions(self) -> tuple[Region, ...]:
        """Return the 34 province-level units in the order of their adcodes."""
        return tuple(
            Region(
                adcode=key,
                name_zh=self.text(f"region/{key}/name_zh"),
                name_en=self.text(f"region/{key}/name_en"),
                macro4=self._text_or_empty(f"region/{key}/macro4"),
                macro3=self._text_or_empty(f"region/{key}/macro3"),
                seat=self._point(f"region/{key}"),
            )
            for key in self._keys("region")
        )

    def region(self, adcode_or_name: str) -> Region:
        """Return a region by adcode, short or full Chinese name, or English name in any case.

        Raises
        ------
        NotFoundError
            ``region_unknown``; the hint names the nearest ones.
        """
        names: dict[str, Region] = {}
        for region in self.regions():
            full = self.text(f"region/{region.adcode}/full_name_zh")
            names |= dict.fromkeys((region.adcode, region.name_zh, full, region.name_en.casefold()), region)
        found = names.get(adcode_or_name.strip().casefold())
        if found is None:
            shown = {name: f"{one.name_en} {one.name_zh} ({one.adcode})" for name, one in names.items()}
            raise _unknown("region", adcode_or_name, code="region_unknown", known=names, shown=shown)
        return found

    def hubs(self) -> tuple[Hub, ...]:
        """Return the eight national compute hubs."""
        return tuple(
            Hub(hub_id=key, name_zh=self.text(f"hub/{key}/name_zh"), name_en=self.text(f"hub/{key}/name_en"))
            for key in self._keys("hub")
        )

    def clusters(self) -> tuple[Cluster, ...]:
        """Return the ten clusters of the hubs."""
        return tuple(
            Cluster(
                cluster_id=key,
                hub_id=self.text(f"cluster/{key}/hub_id"),
                adcode=self.text(f"cluster/{key}/adcode"),
                name_zh=self.text(f"cluster/{key}/name_zh"),
                name_en=self.text(f"cluster/{key}/name_en"),
                point=self._point(f"cluster/{key}"),
            )
            for key in self._keys("cluster")
        )

    def backbone(self) -> tuple[tuple[BackboneNode, ...], tuple[BackboneLink, ...]]:
        """Return the cities of the backbone network and the trunks between them."""
        nodes = tuple(
            BackboneNode(
                node_id=key,
                name_zh=self.text(f"backbone_node/{key}/name_zh"),
                name_en=self.text(f"backbone_node/{key}/name_en"),
                adcode=self.text(f"backbone_node/{key}/adcode"),
                point=self._point(f"backbone_node/{key}"),
            )
            for key in self._keys("backbone_node")
        )
        links = tuple(
            BackboneLink(self.text(f"backbone_link/{key}/node_a"), self.text(f"backbone_link/{key}/node_b"))
            for key in self._keys("backbone_link")
        )
        return nodes, links

    def tariff_bands(self, adcode: str, *, month: int) -> tuple[str, ...] | None:
        """Return the time-of-use band of each civil hour in a region, or None where no windows are known.

        Raises
        ------
        BadInputError
            ``window_unreadable`` or ``windows_uneven`` when a user's file broke the windows.

        Examples
        --------
        >>> Catalog.load().tariff_bands("430000", month=1)[19:23]
        ('sharp', 'sharp', 'sharp', 'flat')
        """
        for season in self._keys(f"tou/{adcode}"):
            trunk = f"tou/{adcode}/{season}"
            if str(month) in self.text(f"{trunk}/months").split():
                bands = [fact for fact in self.under(trunk) if fact.unit == "civil_hours"]
                return bands_by_hour({fact.fact_id.removeprefix(f"{trunk}/"): str(fact.value) for fact in bands})
        return None

    def _keys(self, subject: str) -> tuple[str, ...]:
        """Return what follows a subject, once each, in the order of the facts."""
        depth = subject.count("/") + 1
        return tuple(dict.fromkeys(fact.fact_id.split("/")[depth] for fact in self.under(subject)))

    def _text_or_empty(self, fact_id: str) -> str:
        return self.text(fact_id) if fact_id in self._facts else ""

    def _point(self, trunk: str) -> Point:
        return Point(lon_deg=self.number(f"{trunk}/lon_deg"), lat_deg=self.number(f"{trunk}/lat_deg"))

    def _searched(self, fact: Fact) -> str:
        source = self._sources[fact.source]
        value = fact.value if isinstance(fact.value, str) else ""
        parts = (fact.fact_id, fact.label_en, fact.label_zh, value, fact.note, fact.unit)
        return "\n".join((*parts, source.key, source.title, source.issuer)).casefold()


def written(value: float | str) -> str:
    """Write the value of a fact: text as it is, a number in its shortest form.

    Examples
    --------
    >>> written(20.0), written(0.6423), written("none"), written(10850000.0)
    ('20', '0.6423', 'none', '10850000')
    """
    if isinstance(value, str):
        return value
    return str(int(value)) if value.is_integer() else repr(value)


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")


def _places(shipped: Traversable, units: Mapping[str, Unit], sources: Mapping[str, Source]) -> list[Fact]:
    places = shipped / "places"
    return [
        fact
        for subject, name in PLACES.items()
        for fact in read.melt(
            subject,
            _text(places / f"{name}.csv"),
            columns=_text(places / f"{name}.columns.csv"),
            cells=_text(places / f"{name}.cells.csv"),
            where=f"places/{name}.csv",
            units=units,
            sources=sources,
        )
    ]


def _figures(shipped: Traversable, units: Mapping[str, Unit], sources: Mapping[str, Source]) -> list[Fact]:
    files = sorted(
        (file for file in (shipped / "figures").iterdir() if file.name.endswith(".csv")), key=lambda f: f.name
    )
    return [
        fact
        for file in files
        for fact in read.read_facts(_text(file), where=f"figures/{file.name}", units=units, sources=sources)
    ]


def _own_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"A file of facts must be readable UTF-8, was {type(error).__name__} at {path}."
        raise BadInputError(
            message,
            code="facts_unreadable",
            hint="Give the path of a CSV file in UTF-8 with the columns fact_id and value.",
            findings=[Finding(0, "", "file_unreadable", message)],
        ) from error


def _unknown(
    noun: str, name: str, *, code: str, known: Iterable[str], shown: Mapping[str, str] | None = None
) -> NotFoundError:
    near = difflib.get_close_matches(name.strip().casefold() if shown else name, list(known), n=3, cutoff=0.5)
    told = dict.fromkeys(shown[one] if shown else one for one in near)
    hint = f"The nearest are {', '.join(told)}." if near else "Search with `qipan facts WORDS`."
    return NotFoundError(f"There must be a {noun} of that name, was {name!r}.", code=code, hint=hint, field=name)
