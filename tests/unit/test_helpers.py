"""Small words about time, counts and browsers."""

from datetime import UTC, datetime, timedelta

import pytest

import helpers

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(days=4), "in 4 days"),
        (timedelta(hours=27), "in 27 hours"),
        (timedelta(hours=-2), "2 hours ago"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(seconds=-3), "3 seconds ago"),
        (timedelta(), "now"),
    ],
)
def test_distance_is_said_in_one_unit(ahead: timedelta, words: str) -> None:
    assert helpers.distance(NOON + ahead, NOON) == words


def test_counts_are_spelt_with_their_noun() -> None:
    assert [helpers.plural(n, "post") for n in (0, 1, 1200)] == ["0 posts", "1 post", "1,200 posts"]
    assert helpers.plural(2, "copy", "copies") == "2 copies"


def test_long_words_are_cut_on_one_line() -> None:
    assert helpers.shorten("one\n two  three", 20) == "one two three"
    assert helpers.shorten("one two three", 8) == "one two…"


def test_ids_fit_into_a_javascript_number() -> None:
    assert all(0 < helpers.new_id() < 2**53 for _ in range(1000))


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0",
            "Firefox on Windows",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit Chrome/156.0 Safari/537.36",
            "Chrome on Linux",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_named_as_people_know_it(agent: str, words: str) -> None:
    assert helpers.browser_name(agent) == words
