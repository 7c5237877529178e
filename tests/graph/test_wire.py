"""Bytes from Meta become values, or errors that say whether something may have happened."""

import gc
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from ospost.domain.meta_codes import Kind
from ospost.graph import wire
from ospost.graph.errors import NoAnswer, Refused, Trouble

TOKEN = "EAAGm0PX4ZCpsBAKZCsecretsecretsecret"
NOT_READY = {
    "error": {
        "message": "Media ID is not available",
        "type": "OAuthException",
        "code": 9007,
        "error_subcode": 2207027,
        "is_transient": False,
        "error_user_title": "ไม่สามารถเผยแพร่",
        "error_user_msg": "The media is not ready for publishing, please wait for a moment",
        "fbtrace_id": "ALRlpRLSwaI4ndtlU9LeWVv",
    }
}


def refused(body: object, *, status: int = 400, **headers: str) -> Refused:
    raw = json.dumps(body).encode()
    lower = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(Refused) as error:
        wire.decode(status, lower, raw, secrets=[TOKEN, ""])
    return error.value


def no_answer(status: int, body: bytes, content_type: str = "application/json") -> NoAnswer:
    with pytest.raises(NoAnswer) as error:
        wire.decode(status, {"content-type": content_type}, body)
    return error.value


# --- answers and doubts


@pytest.fixture
def _no_collection() -> Iterator[None]:
    """Let no finalizer of another test run where the stack ends."""
    gc.disable()
    yield
    gc.enable()


def test_object_in_a_good_answer_is_returned() -> None:
    assert wire.decode(200, {}, b'{"id":"17"}') == {"id": "17"}


@pytest.mark.usefixtures("_no_collection")
@pytest.mark.parametrize(
    ("status", "body", "content_type", "trouble"),
    [
        (200, b"<html>proxy login</html>", "text/html", Trouble.HTML),
        (200, b"  <!DOCTYPE html>", "application/json", Trouble.HTML),
        (200, b"please wait", "text/html; charset=utf-8", Trouble.HTML),
        (404, b"<html>", "text/html", Trouble.HTML),
        (200, b"", "application/json", Trouble.NOT_JSON),
        (200, b'{"id":"1', "application/json", Trouble.NOT_JSON),
        (200, b"\xff\xfe", "application/json", Trouble.NOT_JSON),
        (200, b"[" * 100_000, "application/json", Trouble.NOT_JSON),
        (200, b"true", "application/json", Trouble.NOT_JSON),
        (200, b"[]", "application/json", Trouble.NOT_JSON),
        (500, b"", "text/plain", Trouble.SERVER_ERROR),
        (502, b"<html>Bad Gateway</html>", "text/html", Trouble.SERVER_ERROR),
        (504, b"{}", "application/json", Trouble.SERVER_ERROR),
        (429, b"{}", "application/json", Trouble.INCOMPLETE),
        (400, b'{"id":"1"}', "application/json", Trouble.INCOMPLETE),
        (302, b"", "text/html", Trouble.REDIRECT),
        (307, b'{"id":"1"}', "application/json", Trouble.REDIRECT),
    ],
)
def test_answer_that_is_not_metas_leaves_the_outcome_open(
    status: int, body: bytes, content_type: str, trouble: Trouble
) -> None:
    doubt = no_answer(status, body, content_type)

    assert doubt.trouble is trouble
    assert doubt.details() == {"trouble": trouble.value, "http_status": status}
    assert doubt.sentence.endswith(".")


# --- refusals


def test_refusal_carries_all_that_meta_said() -> None:
    error = refused(NOT_READY)

    assert (error.code, error.subcode, error.kind) == (9007, 2207027, Kind.NOT_READY)
    assert error.user_title == "ไม่สามารถเผยแพร่"
    assert error.sentence == error.known.sentence == str(error)
    assert error.remedy == error.known.remedy
    assert error.details() == {
        "code": 9007,
        "subcode": 2207027,
        "message": "Media ID is not available",
        "fbtrace_id": "ALRlpRLSwaI4ndtlU9LeWVv",
        "http_status": 400,
    }
    assert error.raw()["user_message"] == NOT_READY["error"]["error_user_msg"]
    assert error.raw()["type"] == "OAuthException"


@pytest.mark.parametrize("status", [200, 400, 403, 500, 503])
def test_error_body_is_a_refusal_under_any_status(status: int) -> None:
    assert refused(NOT_READY, status=status).http_status == status


def test_transient_code_is_a_refusal_of_its_own_kind() -> None:
    assert refused({"error": {"message": "x", "code": 2}}, status=500).kind is Kind.TRANSIENT


def test_codes_written_as_text_are_read() -> None:
    error = refused({"error": {"code": "9", "error_subcode": "2207042"}})

    assert error.kind is Kind.QUOTA


@pytest.mark.parametrize("code", [None, True, "abc", [], 1e400])
def test_unreadable_code_counts_as_none(code: object) -> None:
    assert refused({"error": {"message": "odd", "code": code}}).code is None


def test_login_error_without_a_code_is_about_the_token() -> None:
    error = refused({"error": {"message": "odd", "type": "OAuthException"}})

    assert (error.code, error.kind) == (None, Kind.TOKEN)


def test_flat_shape_of_the_instagram_token_host_is_read() -> None:
    error = refused(
        {"error_type": "OAuthException", "code": 400, "error_message": "Invalid platform app"}
    )

    assert (error.code, error.message, error.error_type) == (
        400,
        "Invalid platform app",
        "OAuthException",
    )


def test_shape_of_the_upload_host_is_read() -> None:
    error = refused({"debug_info": {"type": "ProcessingFailedError", "message": "unauthorized"}})

    assert (error.message, error.error_type) == ("unauthorized", "ProcessingFailedError")


def test_plain_oauth_shape_is_read() -> None:
    error = refused({"error": "invalid_request", "error_description": "no code"})

    assert (error.message, error.error_type) == ("no code", "invalid_request")


def test_trace_id_is_taken_from_the_header_if_the_body_has_none() -> None:
    assert refused({"error": {"code": 1}}, x_fb_trace_id="TRACE").fbtrace_id == "TRACE"
    assert refused({"error": {"code": 1}}).fbtrace_id is None


def test_time_to_wait_comes_from_the_usage_header_in_minutes() -> None:
    usage = json.dumps({"1784": [{"type": "instagram", "estimated_time_to_regain_access": 7}]})

    error = refused({"error": {"code": 80002}}, x_business_use_case_usage=usage)

    assert error.retry_after_seconds == 420


def test_time_to_wait_may_come_in_seconds() -> None:
    assert refused({"error": {"code": 4}}, retry_after="30").retry_after_seconds == 30
    assert refused({"error": {"code": 4}}).retry_after_seconds is None


# --- secrets


@pytest.mark.parametrize(
    "text",
    [
        f"Malformed access token {TOKEN}",
        "Malformed access token EAAother0123456789012345678901234",
        "Cannot parse IGAAabcdefghijklmnopqrstuvwxyz0123",
        "GET /x?access_token=hush-0123&a=b failed",
        "sent client_secret=hush-0123",
        "app 123456789012345|hush-0123-hush was wrong",
        "could not be fetched from this uri: https://my.host/m/hush-0123?sig=abc",
        "see http://user:hush-0123@my.host/path",
    ],
)
def test_quoted_secrets_are_cut_out(text: str) -> None:
    error = refused({"error": {"message": text, "error_user_msg": text, "type": text, "code": 1}})

    for told in (str(error), repr(error), str(error.raw()), error.message, error.user_message):
        assert TOKEN not in told
        assert "hush-0123" not in told
        assert "EAAother" not in told
        assert "IGAAabc" not in told


def test_host_of_a_quoted_address_stays_readable() -> None:
    error = refused({"error": {"message": "not from https://my.host:8443/m/x y", "code": 9004}})

    assert error.message == "not from https://my.host:8443/[hidden] y"


def test_ordinary_words_are_not_cut() -> None:
    message = "(#100) Param image_url must be a valid URI; fbtrace AbCdEf"

    assert wire.scrub(message, ["", TOKEN]) == message


# --- usage


@pytest.mark.parametrize(
    ("headers", "percent", "regain_seconds"),
    [
        ({}, 0, 0),
        ({"x-app-usage": '{"call_count":28,"total_time":25,"total_cputime":31}'}, 31, 0),
        (
            {
                "x-business-use-case-usage": json.dumps(
                    {
                        "1": [{"type": "instagram", "call_count": 10, "total_time": 5}],
                        "2": [
                            {"call_count": 99.6, "estimated_time_to_regain_access": 3},
                            "nonsense",
                        ],
                    }
                )
            },
            99,
            180,
        ),
        ({"x-app-usage": "nonsense", "x-business-use-case-usage": "[1]"}, 0, 0),
        ({"x-app-usage": '{"call_count":"many"}'}, 0, 0),
        ({"x-app-usage": "[" * 100_000}, 0, 0),
    ],
)
def test_usage_headers_are_read(headers: dict[str, str], percent: int, regain_seconds: int) -> None:
    assert wire.usage_of(headers) == wire.Usage(percent=percent, regain_seconds=regain_seconds)


# --- moments, ids, lists


def test_timestamps_of_meta_become_utc() -> None:
    assert wire.moment("2019-09-26T22:36:43+0000") == datetime(2019, 9, 26, 22, 36, 43, tzinfo=UTC)
    assert wire.moment("2019-09-26T22:36:43-0700") == datetime(2019, 9, 27, 5, 36, 43, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "yesterday", "2019-09-26T22:36:43", 5])
def test_unreadable_timestamp_is_an_unreadable_answer(text: object) -> None:
    with pytest.raises(NoAnswer):
        wire.moment(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1570820400, datetime(2019, 10, 11, 19, 0, tzinfo=UTC)),
        (0, None),
        (None, None),
        (-5, None),
        (10**20, None),
        ("x", None),
    ],
)
def test_unix_moments_know_that_zero_is_never(value: object, expected: datetime | None) -> None:
    assert wire.unix_moment(value) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"date": "Fri, 20 Nov 2026 09:00:00 GMT"}, datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ({"date": "soon"}, None),
        ({}, None),
    ],
)
def test_date_header_is_read(headers: dict[str, str], expected: datetime | None) -> None:
    assert wire.server_date(headers) == expected


def test_ids_may_be_text_or_numbers() -> None:
    assert wire.required_id({"id": "17"}) == "17"
    assert wire.required_id({"user_id": 17841405822304914}, "user_id") == "17841405822304914"


@pytest.mark.parametrize("answer", [{}, {"id": ""}, {"id": None}, {"id": True}, {"id": {}}])
def test_missing_id_is_an_unreadable_answer(answer: dict[str, object]) -> None:
    with pytest.raises(NoAnswer):
        wire.required_id(answer)


def test_objects_of_a_list_are_returned() -> None:
    assert wire.rows({"data": [{"id": "1"}, {}]}) == [{"id": "1"}, {}]


@pytest.mark.parametrize("answer", [{}, {"data": {}}, {"data": [1]}, {"data": None}])
def test_missing_list_is_an_unreadable_answer(answer: dict[str, object]) -> None:
    with pytest.raises(NoAnswer):
        wire.rows(answer)


@pytest.mark.parametrize(
    ("paging", "cursor"),
    [
        (None, None),
        ({}, None),
        ({"cursors": {"after": "A"}}, None),
        ({"cursors": {"after": "A"}, "next": "https://x/?access_token=t&after=B"}, "A"),
        ({"next": "https://x/?access_token=t&after=B"}, "B"),
        ({"next": "https://x/?offset=25"}, None),
    ],
)
def test_next_page_is_followed_by_its_cursor(paging: object, cursor: str | None) -> None:
    assert wire.after_cursor({"data": [], "paging": paging}) == cursor


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["a", "b"], {"a", "b"}),
        ("a, b,,", {"a", "b"}),
        ([], set()),
        (None, set()),
        ({"a": 1}, set()),
    ],
)
def test_names_come_as_a_list_or_as_comma_text(value: object, expected: set[str]) -> None:
    assert wire.names(value) == expected
