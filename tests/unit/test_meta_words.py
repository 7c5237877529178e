"""Every error that Meta's reference lists is told in words: what happened, and what to do.

The list is typed from the error tables of the reference by hand, so that a row that is lost from
ours is missed here.
"""

import re

import pytest

from ospost.domain.meta_codes import UNKNOWN, Known, lookup
from ospost.domain.meta_publishing_rows import CODED_EXCEPTIONS
from ospost.graph.errors import Refused

PUBLISHING: list[tuple[int | None, int | None]] = [
    (-2, 2207003),
    (-2, 2207020),
    (-1, 2207001),
    (-1, 2207032),
    (-1, 2207053),
    (-1, 2207073),
    (-1, 2207085),
    (1, 2207057),
    (4, 2207051),
    (9, 2207042),
    (24, 2207006),
    (24, 2207008),
    (25, 2207050),
    (100, 2207023),
    (100, 2207028),
    (100, 2207035),
    (100, 2207036),
    (100, 2207037),
    (100, 2207040),
    (110, 2207018),
    (352, 2207026),
    (9004, 2207052),
    (9007, 2207027),
    (36000, 2207004),
    (36001, 2207005),
    (36003, 2207009),
    (36004, 2207010),
    (None, 2207076),
    (None, 2207077),
    (None, 2207081),
    (None, 2207082),
    *((100, subcode) for subcode in range(9050, 9065)),
]
SIGNING_IN: list[tuple[int | None, int | None]] = [
    (100, 36007),
    (100, 36008),
    (100, 36009),
    (101, None),
    (102, None),
    *((code, subcode) for code in (190, 102) for subcode in (458, 459, 460, 463, 464, 467)),
    (104, None),
    (190, None),
    (190, 492),
    (3, None),
    (10, None),
    (10, 9053),
    *((code, None) for code in range(200, 300)),
    (459, None),
    (464, None),
    (483, None),
    (2500, None),
]
GENERAL: list[tuple[int | None, int | None]] = [
    (-2, None),
    (-1, None),
    (1, None),
    (2, None),
    (4, None),
    (9, None),
    (12, None),
    (17, None),
    (17, 2446079),
    (18, None),
    (20, 1772107),
    (32, None),
    (33, None),
    (100, 33),
    (100, None),
    (100, 2108006),
    (341, None),
    (368, None),
    (368, 1390008),
    (368, 4854002),
    (368, 1404082),
    (506, None),
    (613, None),
    (613, 1996),
    (803, None),
    (2635, None),
    (9009, None),
    *((code, None) for code in range(80000, 80007)),
    (80008, None),
    (80009, None),
    (80014, None),
    (80001, 2494055),
    (80002, 2446079),
]
BY_MESSAGE = [
    (1, "An unknown error occurred"),
    (1, "Please reduce the amount of data you're asking for, then retry your request"),
    (1, "Error validating client secret."),
    (2, "An unexpected error has occurred. Please retry your request later."),
    (10, "(#10) Application does not have permission for this action"),
    (10, "(#10) Not enough viewers for the media to show insights"),
    (100, "API calls from the server require an appsecret_proof argument"),
    (100, "Invalid appsecret_proof provided in the API argument"),
    (100, "Unsupported request - method type: get"),
    (100, "(#100) The parameter image_url is required"),
    (190, "Invalid OAuth access token - Cannot parse access token"),
    *((None, name) for name in CODED_EXCEPTIONS),
]
JARGON = re.compile(
    r"\b(containers?|subcodes?|graph|publication|rendition|endpoints?|tokens?|oauth|api|json|http|"
    r"parameters?|scopes?|uri|url|media_publish|fbtrace\w*)\b",
    re.IGNORECASE,
)


def texts_are_for_people(known: Known) -> None:
    assert known.sentence.endswith(".")
    assert known.remedy.endswith(".")
    assert len(known.sentence.split()) >= 4
    assert len(known.remedy.split()) >= 3
    assert not JARGON.search(f"{known.title} {known.sentence} {known.remedy}")
    assert not re.search(r"\d{4,}", f"{known.title} {known.sentence} {known.remedy}")
    assert "Instagram" in known.sentence or "Facebook" in known.sentence


def test_every_pair_of_the_reference_says_what_happened_and_what_to_do() -> None:
    pairs = [*PUBLISHING, *SIGNING_IN, *GENERAL]
    assert len(pairs) > 200

    for code, subcode in pairs:
        known = lookup(code, subcode)
        assert known.sentence != UNKNOWN.sentence, (code, subcode)
        texts_are_for_people(known)


@pytest.mark.parametrize(("code", "message"), BY_MESSAGE)
def test_what_only_the_message_tells_apart_has_words_too(code: int | None, message: str) -> None:
    known = lookup(code, None, message)

    assert not known.sentence.startswith(UNKNOWN.sentence)
    texts_are_for_people(known)


def test_an_error_in_no_table_is_told_honestly_in_instagrams_own_words() -> None:
    error = Refused(
        code=4711, subcode=12, message="(#4711) The  moon is\nin the wrong house.", http_status=400
    )

    assert error.sentence == (
        "Instagram refused this for a reason that this server does not know."
        " It said: “The moon is in the wrong house.”"
    )
    assert "Instagram's own words" in error.remedy
    assert len(lookup(4711, None, "x" * 5000).sentence) < 400


def test_an_unknown_error_without_words_does_not_quote_nothing() -> None:
    assert lookup(4711, None, " ") == UNKNOWN
