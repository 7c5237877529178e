"""What is told of a post before its time, and of the address that its photos are fetched from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ospost.domain import media_address
from ospost.domain.findings import Severity, as_stored
from ospost.domain.media_address import Fetched
from ospost.domain.preflight import (
    Connection,
    Picture,
    check_connection,
    check_containers,
    check_limit,
    check_pictures,
    check_words,
)
from ospost.domain.quota import Load

DUE = datetime(2026, 11, 27, 17, tzinfo=UTC)
WELL = Connection(
    login="facebook",
    is_lost=False,
    is_paused=False,
    missing=(),
    token_expires_at=None,
    data_access_expires_at=DUE + timedelta(days=60),
)
PUBLIC = "https://pictures.example.org"
WHOLE = Fetched(
    status=200,
    content_type="image/jpeg",
    length="1234",
    is_same=True,
    addresses=("93.184.215.14",),
)


def load(count, *, opens_in=0.0):
    opens_at = None if opens_in is None else DUE + timedelta(hours=opens_in)
    return Load(live=1, planned=count - 1, elsewhere=0, opens_at=opens_at)


def limit(*, count=3, total=3, opens_in=0.0):
    return check_limit(
        load(count, opens_in=opens_in),
        total=total,
        due_at=DUE,
        grace=timedelta(hours=6),
        zone="Europe/Berlin",
    )


def test_a_healthy_account_has_nothing_to_say():
    assert check_connection(WELL, due_at=DUE, zone="UTC") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"is_lost": True}, "The connection to Instagram has ended."),
        ({"missing": ("instagram_content_publish",)}, "not given: instagram_content_publish"),
        ({"is_paused": True}, "is stopped"),
        ({"data_access_expires_at": DUE - timedelta(days=2)}, "ends on Wed 25 Nov 2026"),
        ({"token_expires_at": DUE - timedelta(days=1)}, "ends on Thu 26 Nov 2026"),
    ],
)
def test_each_trouble_of_the_account_is_named_with_what_to_do(change, words):
    (found,) = check_connection(replace(WELL, **change), due_at=DUE, zone="UTC")

    assert words in found.message
    assert (found.field, found.severity) == ("account", Severity.WARN)
    assert found.remedy


def test_a_token_of_instagram_login_renews_itself_and_is_not_told_of():
    ends_before = replace(WELL, login="instagram", token_expires_at=DUE - timedelta(days=1))

    assert check_connection(ends_before, due_at=DUE, zone="UTC") == []


def test_a_post_with_room_in_its_day_has_nothing_to_say():
    assert limit(count=2) == []
    assert limit(count=49, total=None) == []


def test_a_post_beyond_the_limit_is_told_until_when_it_waits():
    (found,) = limit(opens_in=1.51)

    assert "3 posts (1 live, 2 planned) count before this post" in found.message
    assert "allows 3 for this account" in found.message
    assert "go out by Fri 27 Nov 2026, 19:31." in found.message  # in its zone, rounded up
    assert not found.needs_person


@pytest.mark.parametrize("opens_in", [6.5, None])
def test_a_post_that_would_wait_too_long_needs_its_person(opens_in):
    (found,) = limit(opens_in=opens_in)

    assert "be missed" in found.message
    assert found.needs_person


def test_an_unknown_limit_is_called_unknown():
    (found,) = limit(count=50, total=None)

    assert "is not known yet" in found.message
    assert found.severity is Severity.WARN


def test_four_hundred_preparations_are_taken_and_one_more_is_told():
    assert check_containers(100, each=4, tests=0) == []
    (found,) = check_containers(100, each=4, tests=1)
    assert "401 preparations" in found.message


def test_words_and_pictures_are_held_to_their_rules():
    picture = Picture(width=400, height=1200, crop="", alt_text="x" * 1001)

    fields = [f.field for f in [*check_words("#a " * 31, ""), *check_pictures([picture])]]

    assert fields == ["caption", "crop", "alt_text"]
    assert check_pictures([replace(picture, crop="0,0,1,0.4", alt_text="")]) == []
    assert [f.severity for f in check_pictures([])] == [Severity.BLOCK]


def test_a_stored_finding_names_thing_level_and_remedy():
    (found,) = check_words("x" * 2201, "")

    assert as_stored(found) == {
        "field": "caption",
        "level": "stop",
        "what": "Caption",
        "sentence": found.message,
        "remedy": "Change the caption.",
    }


def look(fetched=WHOLE, url=PUBLIC, *, is_sandbox=False):
    return media_address.look(url, fetched, expected_bytes=1234, is_sandbox=is_sandbox)


def test_a_picture_that_arrives_as_it_is_raises_no_doubt():
    assert look() == []
    assert look(None) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trouble": "dns"}, "not known to the DNS"),
        ({"trouble": "no_listener"}, "Nobody answers at pictures.example.org as seen from here"),
        ({"trouble": "connect_timeout"}, "does not answer"),
        ({"trouble": "tls"}, "certificate"),
        ({"trouble": "deadline"}, "in time"),
        ({"trouble": "truncated"}, "could not be fetched whole"),
        ({"status": 302, "location": "login.example.org"}, "sends whoever fetches a photo on to"),
        ({"status": 403}, "answers 403 instead of the photo"),
        ({"content_type": "text/html"}, "“text/html”"),
        ({"content_type": ""}, "“nothing”"),
        ({"length": ""}, "does not say how long"),
        ({"length": "99"}, "says that the photo has 99 bytes; it has 1234"),
        ({"is_same": False}, "is not the one"),
        ({"addresses": ("192.168.3.4", "fd00::1")}, "stands for 192.168.3.4"),
        ({"addresses": ("fe80::1%eth0",)}, "inside your own network"),
    ],
)
def test_each_thing_that_is_wrong_with_the_address_is_a_hint(change, words):
    (found,) = look(replace(WHOLE, **change))

    assert words in found.message
    assert found.severity is Severity.HINT
    assert "MEDIA_URL" in found.remedy


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5000",
        "http://localhost:5000",
        "https://10.1.2.3",
        "https://100.64.0.1",
        "https://mac.local",
        "http://pictures.example.org",
    ],
)
def test_a_private_or_plain_address_is_doubted_but_not_for_practice(url):
    assert len(look(replace(WHOLE, addresses=("127.0.0.1",)), url)) == 1
    assert look(replace(WHOLE, addresses=("127.0.0.1",)), url, is_sandbox=True) == []


def test_one_public_address_among_private_ones_is_enough():
    assert look(replace(WHOLE, addresses=("192.168.3.4", "93.184.215.14"))) == []
