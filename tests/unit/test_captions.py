"""What is counted in a caption, and what Instagram would refuse."""

import pytest

from ospost.domain import captions
from ospost.domain.findings import Severity


def messages(text: str, severity: Severity) -> list[str]:
    return [f.message for f in captions.check(text) if f.severity is severity]


@pytest.mark.parametrize(
    ("text", "hashtags", "mentions"),
    [
        ("", 0, 0),
        ("#harbour #sunrise #été", 3, 0),
        ("#one #one", 2, 0),
        ("#one#two", 1, 0),  # the second has a word character before it
        ("#2026 #26a", 1, 0),
        ("&#8217; R&#D a#b", 0, 0),
        ("#日本 #привет #żółw", 3, 0),
        ("# alone, #", 0, 0),
        ("…@clay.and.co and @a_b", 0, 2),
        ("me@example.org .@you", 0, 0),
        ("(@you) @You @you", 0, 3),
    ],
)
def test_hashtags_and_mentions_are_counted_by_occurrence(
    text: str, hashtags: int, mentions: int
) -> None:
    counts = captions.count(text)

    assert (counts.length, counts.hashtags, counts.mentions) == (len(text), hashtags, mentions)


def test_characters_are_code_points() -> None:
    assert captions.count("👩‍👩‍👧é").length == 6


def test_an_ordinary_caption_raises_nothing() -> None:
    assert captions.check("Morning at the harbour ⚓ #a #b #c #d #e @you\n\n& <b>more</b>") == []


@pytest.mark.parametrize(
    ("most", "more", "word"),
    [
        ("x" * 2200, "x" * 2201, "2,201 characters"),
        ("#a " * 30, "#a " * 31, "31 hashtags"),
        ("@a " * 20, "@a " * 21, "21 mentions"),
    ],
)
def test_each_limit_blocks_one_above_it(most: str, more: str, word: str) -> None:
    assert messages(most, Severity.BLOCK) == []
    assert [word in m for m in messages(more, Severity.BLOCK)] == [True]


def test_all_limits_are_told_at_once() -> None:
    assert len(messages("#a @b " * 400, Severity.BLOCK)) == 3


def test_more_than_five_hashtags_only_warn() -> None:
    assert messages("#a " * 5, Severity.WARN) == []
    assert len(messages("#a " * 6, Severity.WARN)) == 1


def test_a_long_caption_warns_when_its_emoji_might_count_twice() -> None:
    assert messages("x" * 2101, Severity.WARN) == []
    assert len(messages("x" * 2101 + "😀" * 60, Severity.WARN)) == 1


def test_a_broken_character_is_refused_before_a_database_sees_it() -> None:
    for broken in ("\ud800", "a\x00b"):
        assert len(messages(broken, Severity.BLOCK)) == 1


def test_alternative_text_has_at_most_a_thousand_characters() -> None:
    assert captions.check_alt_text("é" * 1000) == []
    [finding] = captions.check_alt_text("é" * 1001)
    assert (finding.field, finding.severity) == ("alt_text", Severity.BLOCK)


def test_old_rules_for_comments_only_warn() -> None:
    found = captions.check_first_comment("#a #b #c #d #e" + "x" * 300)

    assert [f.severity for f in found] == [Severity.WARN, Severity.WARN]
    assert {f.field for f in found} == {"first_comment"}
    assert captions.check_first_comment("#a #b #c #d") == []


def test_line_ends_become_lf_and_nothing_else_changes() -> None:
    assert captions.with_lf("  a \r\nb\rc\n\t ") == "  a \nb\nc\n\t "
