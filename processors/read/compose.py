"""From the candidates of each field to one reading: the first source counts, and is noted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from processors.read.metadata import Declared
from processors.read.reading import Reading, Said

Candidates = Mapping[str, Sequence[Said]]
"""`headline`, `description`: of these the first counts. `authors`, `section`, `keywords`: all are of one source."""


def compose(declared: Declared, said: Candidates, reading: Reading) -> Reading:
    """The reading with these fields, and with what only the head of a page can declare."""
    first = {name: next((each.value for each in said[name]), None) for name in ("headline", "description")}
    whole = {name: tuple(each.value for each in said[name]) for name in ("authors", "section", "keywords")}
    access, language, canonical = declared.is_accessible_for_free, declared.language, declared.canonical
    noted = {name: values[0].source for name, values in said.items() if values} | reading.provenance
    for name, found in (("language", language), ("canonical_url", canonical)):
        if found:
            noted[name] = found.source
    if access:
        noted["is_accessible_for_free"] = access[1]
    return replace(
        reading,
        headline=first["headline"],
        description=first["description"],
        authors=whole["authors"],
        section=whole["section"],
        keywords=whole["keywords"],
        dates_modified=tuple(declared.modified),
        language_declared=language.value if language else None,
        canonical_url=canonical.value if canonical else None,
        robots=declared.robots,
        tdm_reservation=declared.tdm_reservation,
        tdm_policy=declared.tdm_policy,
        license=declared.license,
        is_accessible_for_free=access[0] if access else None,
        provenance=noted,
    )
