"""The table of finding out, cell by cell, and what counts as a look that did not see a post."""

from datetime import UTC, datetime, timedelta

import pytest

from ospost.domain.finding_out import Status, Verdict, counts_as_absent, decide
from ospost.domain.matching import Candidate, Listing, Wanted, find

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

# status: (one match, several or perhaps, none and surely absent, unreadable)
TABLE = {
    Status.PUBLISHED: (Verdict.LINK, Verdict.LIVE, Verdict.LIVE, Verdict.LIVE),
    Status.FINISHED: (Verdict.LINK, Verdict.LOOK, Verdict.SEND_SAME, Verdict.LOOK),
    Status.IN_PROGRESS: (Verdict.LINK, Verdict.LOOK, Verdict.LOOK, Verdict.LOOK),
    Status.ERROR: (Verdict.LINK, Verdict.LOOK, Verdict.MAKE_NEW, Verdict.LOOK),
    Status.EXPIRED: (Verdict.LINK, Verdict.LOOK, Verdict.MAKE_NEW, Verdict.LOOK),
    Status.UNREADABLE: (Verdict.LINK, Verdict.LOOK, Verdict.LOOK, Verdict.LOOK),
    Status.NONE_MADE: (Verdict.LINK, Verdict.LOOK, Verdict.MAKE_NEW, Verdict.LOOK),
}
LISTINGS = (Listing.ONE, Listing.SEVERAL, Listing.NONE, Listing.UNREADABLE)
CELLS = [
    (status, listing, verdict)
    for status, row in TABLE.items()
    for listing, verdict in zip(LISTINGS, row, strict=True)
]


def test_the_table_names_every_status() -> None:
    assert set(TABLE) == set(Status)


@pytest.mark.parametrize(("status", "listing", "verdict"), CELLS)
def test_after_the_quiet_time_and_two_looks_each_cell_decides(
    status: Status, listing: Listing, verdict: Verdict
) -> None:
    assert decide(status, listing, is_surely_absent=True, is_given_up=False) is verdict


@pytest.mark.parametrize(("status", "listing", "verdict"), CELLS)
def test_before_that_nothing_is_sent_again_or_made_anew(
    status: Status, listing: Listing, verdict: Verdict
) -> None:
    early = decide(status, listing, is_surely_absent=False, is_given_up=False)

    expected = Verdict.LOOK if verdict in (Verdict.SEND_SAME, Verdict.MAKE_NEW) else verdict
    assert early is expected


@pytest.mark.parametrize(("status", "listing", "verdict"), CELLS)
def test_after_a_day_and_two_hours_a_person_decides_what_no_look_could(
    status: Status, listing: Listing, verdict: Verdict
) -> None:
    late = decide(status, listing, is_surely_absent=False, is_given_up=True)

    is_known = verdict in (Verdict.LINK, Verdict.LIVE)
    assert late is (verdict if is_known else Verdict.REVIEW)


def test_only_a_whole_list_without_the_post_counts_as_absent() -> None:
    assert counts_as_absent(Status.FINISHED, Listing.NONE)
    assert counts_as_absent(Status.EXPIRED, Listing.NONE)
    assert not counts_as_absent(Status.IN_PROGRESS, Listing.NONE)
    assert not counts_as_absent(Status.UNREADABLE, Listing.NONE)
    assert not counts_as_absent(Status.FINISHED, Listing.UNREADABLE)
    assert not counts_as_absent(Status.FINISHED, Listing.SEVERAL)


def media(
    media_id: str = "1", caption: str = "Glaze", minutes: float = 0, **more: bool
) -> Candidate:
    return Candidate(
        media_id=media_id,
        caption=caption,
        posted_at=NOON + timedelta(minutes=minutes),
        is_carousel=more.get("is_carousel", False),
        is_video=more.get("is_video", False),
        child_count=0,
    )


WANTED = Wanted(
    caption="Glaze",
    is_carousel=False,
    is_video=False,
    child_count=0,
    not_before=NOON - timedelta(minutes=1),
    not_after=NOON + timedelta(minutes=5),
)


def test_the_one_media_with_our_words_and_time_is_ours() -> None:
    match = find(WANTED, [media("7"), media("8", "Other words", -30)], is_whole=True, taken=())

    assert (match.listing, match.media and match.media.media_id) == (Listing.ONE, "7")


def test_line_ends_and_edges_do_not_hide_a_match() -> None:
    wanted = Wanted(**{**vars(WANTED), "caption": "One\nTwo\n"})

    match = find(wanted, [media(caption=" One\r\nTwo")], is_whole=True, taken=())

    assert match.listing is Listing.ONE


@pytest.mark.parametrize(
    "other",
    [
        media(minutes=-2),
        media(minutes=6),
        media(is_carousel=True),
        media(is_video=True),
    ],
)
def test_another_time_or_type_is_not_ours(other: Candidate) -> None:
    assert find(WANTED, [other], is_whole=True, taken=()).listing is Listing.NONE


def test_a_media_known_before_the_intent_or_linked_elsewhere_is_not_ours() -> None:
    assert find(WANTED, [media("7")], is_whole=True, taken={"7"}).listing is Listing.NONE


def test_two_with_our_words_are_never_chosen_between() -> None:
    match = find(WANTED, [media("7"), media("8")], is_whole=True, taken=())

    assert (match.listing, match.media) == (Listing.SEVERAL, None)


def test_something_alike_without_our_words_is_a_perhaps() -> None:
    assert find(WANTED, [media(caption="?")], is_whole=True, taken=()).listing is Listing.SEVERAL


def test_a_list_that_was_not_read_whole_never_shows_absence() -> None:
    assert find(WANTED, [], is_whole=False, taken=()).listing is Listing.UNREADABLE
    assert find(WANTED, [media()], is_whole=False, taken=()).listing is Listing.ONE
