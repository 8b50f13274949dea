"""What reading meets in a page and leaves unsaid, for a person who asks why it was read so (`dongtin explain`).

Nothing is decided here: the functions of reading are asked once more, for what an article does not carry.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from dongtin.errors import RejectPage
from dongtin.events import Page, Provenance
from dongtin.publishers import Address
from processors.publishers import BodyRule, Template, rule_of
from processors.read import is_html
from processors.read.cut import Cut, cut
from processors.read.decode import decode
from processors.read.html import in_order, template_of, tree_of
from processors.read.metadata import Declared, read_metadata
from processors.read.reading import Said
from processors.read.select import elements
from processors.read.text import marked
from processors.read.treatment import NEVER_TEXT, PLAYERS


@dataclass(frozen=True)
class Examination:
    """What was met, as far as the page could be read."""

    encoding: str | None = None
    encoding_source: str | None = None
    """What told the encoding: `byte order mark`, `bytes`, `header`, `page`, `detection`."""
    elements: int | None = None
    """Of its markup."""
    container: str | None = None
    """The selector that found the text of the article."""
    why_no_container: str | None = None
    declared: Mapping[str, tuple[Said, ...]] = field(default_factory=dict)
    """Field → all that the page declares of it, the source that counts first."""
    removed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What the rule took out of the container: treatment → what it was → how many."""


def examine(page: Page, address: Address | None) -> Examination:
    """What a page holds. Never raises for what is in it; a page that is not read at all gives an empty examination."""
    if address is None:
        mark, encoding = marked(page.body)
        return Examination(encoding, "byte order mark" if mark else "bytes")
    if address.article_id is None or page.status not in (None, 200) or not is_html(page):
        return Examination()
    try:
        found = decode(page.body, page.content_type)
        root = tree_of(page.body, page.content_type)
    except RejectPage:
        return Examination()
    rule = rule_of(address.publisher.id if address.publisher else None)
    declared = read_metadata(root, address.canonical_url, with_microdata=rule is None)
    template, container = template_of(root, in_order(rule, page.date_fetched)) if rule else (None, None)
    why = None
    if rule is None:
        why = f"no rule for {address.publisher.id if address.publisher else 'this site'}"
    elif template is None:
        why = "none of " + ", ".join(dict.fromkeys(each for one in rule.templates for each in one.container))
    return Examination(
        encoding=found.encoding,
        encoding_source=found.source,
        elements=sum(1 for _ in root.iter()),
        container=_selector(root, template) if template else None,
        why_no_container=why,
        declared={name: values for name, values in _declared(declared) if values},
        removed=_removed(cut(container, template.body), template.body) if template and container is not None else {},
    )


def _selector(root: HtmlElement, template: Template) -> str | None:
    return next((selector for selector in template.container if elements(root, (selector,))), None)


def _declared(declared: Declared) -> Iterable[tuple[str, tuple[Said, ...]]]:
    """By the names of the contract, each value once."""
    access = declared.is_accessible_for_free
    named: Mapping[str, Iterable[Said | None]] = {
        "headline": declared.headlines,
        "description": declared.descriptions,
        "authors": declared.authors,
        "date_published": declared.published,
        "date_modified": declared.modified,
        "section": declared.sections,
        "keywords": declared.keywords,
        "language": (declared.language,),
        "canonical_url": (declared.canonical,),
        "is_accessible_for_free": (Said(str(access[0]).lower(), access[1]),) if access else (),
        "type": (Said(kind, Provenance.META) for kind in declared.metas.get("og:type", ())),
        "robots": (Said(text, Provenance.META) for text in declared.robots),
        "tdm_reservation": (Said(declared.tdm_reservation, Provenance.META),) if declared.tdm_reservation else (),
        "license": (Said(declared.license, Provenance.META),) if declared.license else (),
    }
    for name, values in named.items():
        yield name, tuple(dict.fromkeys(filter(None, values)))


def _removed(found: Cut, rule: BodyRule) -> Mapping[str, Mapping[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for element, why in found.removed.items():
        counts.setdefault(why.name.lower(), Counter())[_label(element, rule)] += 1
    return {why: dict(labels.most_common()) for why, labels in counts.items()}


def _label(element: HtmlElement, rule: BodyRule) -> str:
    """How a rule names an element: its tag, the beginning of its id, its class, or its type among the CMS's objects."""
    classes = (element.get("class") or "").split()
    if element.tag in NEVER_TEXT or element.tag in PLAYERS:
        return str(element.tag)
    if id_ := next((each for each in rule.drop_ids if (element.get("id") or "").startswith(each)), None):
        return f"#{id_}"
    if name := next((name for name in classes if name in rule.classes), None):
        return f".{name}"
    kind = element.get("type")
    return kind.lower() if kind and rule.objects in classes else str(element.tag)
