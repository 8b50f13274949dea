"""Reading rules: which publisher's pages are read how."""

from processors.publishers.rule import BodyRule, PublisherRule, Selectors, Template, Treatment
from processors.publishers.sites import SITES
from processors.publishers.vietnam import VIETNAM

__all__ = ["RULES", "BodyRule", "PublisherRule", "Selectors", "Template", "Treatment", "rule_of"]

RULES = {rule.publisher_id: rule for rule in (*SITES, VIETNAM)}


def rule_of(publisher_id: str | None) -> PublisherRule | None:
    """The rule for a publisher's pages; None where there is none."""
    return RULES.get(publisher_id or "")
