"""Every documented error of Meta's has words of its own and a way of going on."""

import re

import pytest

from ospost.domain.meta_codes import ROWS, Kind, Known, container_subcode, lookup
from ospost.domain.meta_publishing_rows import BY_SUBCODE, CODED_EXCEPTIONS

PUBLISHING = [
    (-2, 2207003, Kind.FETCH_FAILED),
    (-2, 2207020, Kind.CONTAINER_GONE),
    (-1, 2207001, Kind.TRANSIENT),
    (-1, 2207032, Kind.TRANSIENT),
    (-1, 2207053, Kind.TRANSIENT),
    (-1, 2207073, Kind.NOT_SUPPORTED),
    (-1, 2207085, Kind.TRANSIENT),
    (1, 2207057, Kind.BAD_MEDIA),
    (4, 2207051, Kind.SPAM_BLOCK),
    (9, 2207042, Kind.QUOTA),
    (24, 2207006, Kind.CONTAINER_GONE),
    (24, 2207008, Kind.CONTAINER_GONE),
    (25, 2207050, Kind.ACCOUNT_RESTRICTED),
    (100, 2207023, Kind.BAD_REQUEST),
    (100, 2207028, Kind.BAD_MEDIA),
    (100, 2207035, Kind.BAD_TAG),
    (100, 2207036, Kind.BAD_TAG),
    (100, 2207037, Kind.BAD_TAG),
    (100, 2207040, Kind.BAD_TAG),
    (110, 2207018, Kind.BAD_TAG),
    (352, 2207026, Kind.BAD_MEDIA),
    (9004, 2207052, Kind.FETCH_FAILED),
    (9007, 2207027, Kind.NOT_READY),
    (36000, 2207004, Kind.BAD_MEDIA),
    (36001, 2207005, Kind.BAD_MEDIA),
    (36003, 2207009, Kind.BAD_MEDIA),
    (36004, 2207010, Kind.BAD_TEXT),
    (None, 2207076, Kind.BAD_MEDIA),
    (None, 2207077, Kind.FETCH_FAILED),
    (None, 2207081, Kind.NOT_SUPPORTED),
    (None, 2207082, Kind.TRANSIENT),
    (100, 9050, Kind.BAD_REQUEST),
]
ACCESS = [
    (190, None, Kind.TOKEN),
    (190, 458, Kind.TOKEN),
    (190, 459, Kind.TOKEN),
    (190, 460, Kind.TOKEN),
    (190, 463, Kind.TOKEN),
    (190, 464, Kind.TOKEN),
    (190, 467, Kind.TOKEN),
    (190, 492, Kind.TOKEN),
    (102, None, Kind.TOKEN),
    (104, None, Kind.SETUP),
    (3, None, Kind.SETUP),
    (10, None, Kind.PERMISSION),
    (10, 9053, Kind.NOT_SUPPORTED),
    (200, None, Kind.PERMISSION),
    (483, None, Kind.TOKEN),
    (2500, None, Kind.SETUP),
    (101, None, Kind.SETUP),
    (100, 36007, Kind.TOKEN),
    (100, 36008, Kind.SETUP),
    (100, 36009, Kind.TOKEN),
]
GENERAL = [
    (-2, None, Kind.TRANSIENT),
    (-1, None, Kind.TRANSIENT),
    (1, None, Kind.TRANSIENT),
    (2, None, Kind.TRANSIENT),
    (4, None, Kind.THROTTLED),
    (12, None, Kind.BAD_REQUEST),
    (17, None, Kind.THROTTLED),
    (18, None, Kind.THROTTLED),
    (20, 1772107, Kind.WROTE_ANYWAY),
    (20, None, Kind.BAD_REQUEST),
    (32, None, Kind.THROTTLED),
    (100, 33, Kind.MISSING_OBJECT),
    (100, None, Kind.BAD_REQUEST),
    (100, 2108006, Kind.NO_DATA),
    (341, None, Kind.THROTTLED),
    (368, None, Kind.SPAM_BLOCK),
    (368, 1390008, Kind.SPAM_BLOCK),
    (368, 4854002, Kind.SPAM_BLOCK),
    (368, 1404082, Kind.SPAM_BLOCK),
    (506, None, Kind.BAD_TEXT),
    (613, None, Kind.THROTTLED),
    (803, None, Kind.MISSING_OBJECT),
    (2635, None, Kind.SETUP),
    (9009, None, Kind.ACCOUNT_RESTRICTED),
    (80000, None, Kind.THROTTLED),
    (80001, None, Kind.THROTTLED),
    (80002, None, Kind.THROTTLED),
]
DOCUMENTED = [*PUBLISHING, *ACCESS, *GENERAL]
SAME_MEANING = [
    ((9, None), (9, 2207042)),
    ((24, None), (24, 2207008)),
    ((25, None), (25, 2207050)),
    ((110, None), (110, 2207018)),
    ((352, None), (352, 2207026)),
    ((9004, None), (9004, 2207052)),
    ((9007, None), (9007, 2207027)),
    ((36000, None), (36000, 2207004)),
    ((36001, None), (36001, 2207005)),
    ((36003, None), (36003, 2207009)),
    ((36004, None), (36004, 2207010)),
    ((17, 2446079), (17, None)),
    ((33, None), (100, 33)),
    ((459, None), (190, 459)),
    ((464, None), (190, 464)),
    ((102, 463), (190, 463)),
    ((102, 460), (190, 460)),
    ((102, 999), (102, None)),
    ((190, 999), (190, None)),
    ((299, None), (200, None)),
    ((230, 7), (200, None)),
    ((100, 9064), (100, 9050)),
    ((613, 1996), (613, None)),
    ((80001, 2494055), (80001, None)),
    ((80002, 2446079), (80002, None)),
    ((368, 1), (368, None)),
    ((80005, None), (80000, None)),
    ((None, 2207026), (352, 2207026)),
    ((1, 2207085), (-1, 2207085)),
]
BY_MESSAGE = [
    (10, "(#10) Not enough viewers for the media to show insights", Kind.NO_DATA),
    (100, "API calls from the server require an appsecret_proof argument", Kind.SETUP),
    (100, "Invalid appsecret_proof provided in the API argument", Kind.SETUP),
    (100, "(#100) Tried accessing nonexisting field (x) on node type (y)", Kind.BAD_REQUEST),
    (100, "Unsupported request - method type: get", Kind.SETUP),
    (100, "Unsupported get request. Object with ID '1' does not exist", Kind.MISSING_OBJECT),
    (100, "The user is not an Instagram Business", Kind.PERMISSION),
    (1, "Please reduce the amount of data you're asking for, then retry", Kind.TRANSIENT),
    (1, "Error validating client secret.", Kind.SETUP),
    (2500, "Unknown path components: /me", Kind.SETUP),
    (100, "INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID", Kind.BAD_TAG),
    (100, "INSTAGRAM_PLATFORM_API__INVALID_PARAM", Kind.BAD_TAG),
    (None, "INSTAGRAM_PLATFORM_API__PERMISSION", Kind.BAD_TAG),
]
EVERY_KNOWN = {
    *ROWS.values(),
    *BY_SUBCODE.values(),
    *CODED_EXCEPTIONS.values(),
    *(lookup(code, None, message) for code, message, _ in BY_MESSAGE),
    lookup(None, None),
}


@pytest.mark.parametrize(("code", "subcode", "kind"), DOCUMENTED)
def test_documented_error_has_its_kind(code: int | None, subcode: int | None, kind: Kind) -> None:
    assert lookup(code, subcode).kind is kind


def test_documented_errors_have_words_of_their_own() -> None:
    sentences = [lookup(code, subcode).sentence for code, subcode, _ in DOCUMENTED]

    assert sorted(sentences) == sorted(set(sentences))


@pytest.mark.parametrize(("pair", "twin"), SAME_MEANING)
def test_other_spellings_of_an_error_mean_the_same(
    pair: tuple[int | None, int | None], twin: tuple[int | None, int | None]
) -> None:
    assert lookup(*pair) is lookup(*twin)


@pytest.mark.parametrize(("code", "message", "kind"), BY_MESSAGE)
def test_message_decides_where_the_code_is_vague(
    code: int | None, message: str, kind: Kind
) -> None:
    known = lookup(code, None, message)

    assert known.kind is kind
    assert known is not lookup(code, None) or kind is Kind.MISSING_OBJECT


def test_spam_block_is_not_taken_for_a_limit_of_calls() -> None:
    message = "Application request limit reached"

    assert lookup(4, 2207051, message).kind is Kind.SPAM_BLOCK
    assert lookup(4, None, message).kind is Kind.THROTTLED


def test_message_does_not_outweigh_a_documented_pair() -> None:
    assert lookup(100, 36009, "Unsupported get request").kind is Kind.TOKEN


@pytest.mark.parametrize("pair", [(None, None), (4711, None), (4711, 12), (None, 2207999)])
def test_unknown_error_says_that_it_is_unknown(pair: tuple[int | None, int | None]) -> None:
    assert lookup(*pair).kind is Kind.OTHER


def test_no_row_of_the_table_is_of_unknown_kind() -> None:
    assert {known.kind for known in ROWS.values()}.isdisjoint({Kind.OTHER})


@pytest.mark.parametrize("known", sorted(EVERY_KNOWN, key=str), ids=lambda known: known.sentence)
def test_words_are_plain(known: Known) -> None:
    words = f"{known.title}. {known.sentence} {known.remedy}"

    assert not re.search(r"publication|container|rendition|error code|subcode", words.lower())
    assert not re.search(r"\d{4,}", words)
    assert known.sentence.endswith(".")
    assert known.remedy.endswith(".")
    assert "Instagram" in known.sentence or "Facebook" in known.sentence


@pytest.mark.parametrize(
    ("text", "subcode"),
    [
        ("Error: Media upload has failed with error code 2207026", 2207026),
        ("Error: 2207082, something went wrong", 2207082),
        ("Finished: Media has been uploaded and it is ready to be published.", None),
        ("Error: object 12207026 is odd, so is 22070261", None),
        ("", None),
    ],
)
def test_subcode_is_found_in_the_status_of_an_upload(text: str, subcode: int | None) -> None:
    assert container_subcode(text) == subcode
