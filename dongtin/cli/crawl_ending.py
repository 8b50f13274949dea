"""What a crawl that has ended tells a person: one sentence whose numbers are those of the log."""

from collections.abc import Mapping

from spiders.outcomes import FINE, PLACE_FAILURES, AddressOutcome, PageOutcome

FAILURES = {
    "address": tuple(word for word in AddressOutcome if word not in FINE),
    "place": tuple(dict.fromkeys(map(str, PLACE_FAILURES))),
    "page": tuple(word for word in PageOutcome if word != PageOutcome.DELIVERED),
}
"""What was counted → the words of its failures, each once."""


def sentence(counts: Mapping[str, int]) -> str:
    """By the counts of `spiders.run.Ended`; what was found is left out where addresses were given."""
    fetched, unchanged = (counts.get(f"address/{word}", 0) for word in FINE[:2])
    done = [f"found {_number(counts['address/found'], 'new article')}"] if "address/found" in counts else []
    done.append(f"fetched {_number(fetched, 'article')}" + (f" ({unchanged:,} more had not changed)" * bool(unchanged)))
    done.append(f"published {_number(counts.get(f'page/{PageOutcome.DELIVERED}', 0), 'page')}")
    failures = [
        f"{kind} {word} {count:,}"
        for kind, words in FAILURES.items()
        for word in words
        if (count := counts.get(f"{kind}/{word}", 0))
    ]
    return f"{', '.join(done)}; failures: {', '.join(failures) or 'none'}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
