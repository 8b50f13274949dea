"""Settings from the environment: what is wrong is told in a line that names the variable."""

import pytest

from dongtin.errors import ConfigurationError
from dongtin.settings import load


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BOOTSTRAP_SERVERS", ""),
        ("BOOTSTRAP_SERVERS", " , "),
        ("BOOTSTRAP_TIMEOUT_S", "soon"),
        ("INSTANCE", ""),
        ("INSTANCE", "../elsewhere"),
        ("LOG_LEVEL", "loud"),
        ("PARTITIONS", "0"),
        ("RIGHTS", "maybe"),
        ("TOPIC_PREFIX", "a b"),
    ],
)
def test_a_wrong_value_is_told_with_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"DONGTIN_{name}", value)
    with pytest.raises(ConfigurationError, match=f"^DONGTIN_{name}: ") as raised:
        load()
    assert "\n" not in str(raised.value)


def test_addresses_are_parted_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONGTIN_BOOTSTRAP_SERVERS", "a:1, b:2,")
    assert load().servers == ["a:1", "b:2"]
