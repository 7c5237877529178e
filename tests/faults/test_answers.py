"""Faults of the one answer that matters: whatever becomes of it, the post is live once.

Each case says what the machine must have understood, and how often it may have asked for the post
to be published: once where it was carried out, twice where it was not.
"""

import pytest
from sqlalchemy import select

from models import Event
from tests.databases import ON_BOTH
from tests.faults.helping import IN_BOTH_WORLDS, assert_live_once
from tests.faults.road import Road
from tests.machine.driving import Drive, fault
from tests.support import Studio, in_seconds

SILENCE, LOST, LATE = (
    pytest.mark.fault(39, "request_lost_silence"),
    pytest.mark.fault(40, "answer_lost_after_execution"),
    pytest.mark.fault(41, "executed_50_s_after_client_timeout"),
)
CUT, DRIP, HTML, MOVED, BARE, GATEWAY = (
    pytest.mark.fault(42, "answer_truncated / wrong length"),
    pytest.mark.fault(43, "answer_drips_bytes"),
    pytest.mark.fault(44, "http_200_html_from_proxy"),
    pytest.mark.fault(45, "http_302_on_post"),
    pytest.mark.fault(46, "http_500_executed / not executed"),
    pytest.mark.fault(47, "http_502_504"),
)
TRANSIENT, BLOCK, LIMIT = (
    pytest.mark.fault(48, "graph_1_2_transient"),
    pytest.mark.fault(49, "graph_4_2207051_although_live"),
    pytest.mark.fault(50, "graph_4_17_32_613_80002_rate_limit"),
)
DONE, NOT_DONE = {"effect": True}, {"effect": False}
HERE = {"trouble": "closed"}

CRITICAL = [
    pytest.param("lost_after", {}, HERE, marks=LOST, id="lost answer"),
    pytest.param("lost_before", {}, HERE, marks=LOST, id="lost request"),
    pytest.param("late_effect", {"seconds": 50}, HERE, marks=LATE, id="late effect"),
    pytest.param(
        "error_after",
        {"code": 4, "subcode": 2207051},
        {"code": 4, "subcode": 2207051},
        marks=BLOCK,
        id="blocked although live",
    ),
]
"""What must hold on either database."""

ANSWERS = [
    pytest.param("hang", {"seconds": 5}, {"trouble": "deadline"}, marks=SILENCE, id="silence"),
    pytest.param("truncated", {}, {"trouble": "truncated"}, marks=CUT, id="cut"),
    pytest.param("wrong_length", {}, {"trouble": "not_json"}, marks=CUT, id="wrong length"),
    pytest.param("drip", {"seconds": 20}, {"trouble": "deadline"}, marks=DRIP, id="drips"),
    *(
        pytest.param(kind, more | effect, found, marks=mark, id=f"{name} {effect['effect']}")
        for kind, more, found, mark, name in (
            ("html_502", {"status": 200}, {"trouble": "html"}, HTML, "page"),
            ("redirect", {}, {"trouble": "redirect"}, MOVED, "moved"),
            ("empty", {"status": 500}, {"http_status": 500}, BARE, "500"),
            ("html_502", {"status": 502}, {"http_status": 502}, GATEWAY, "502"),
            ("html_502", {"status": 504}, {"http_status": 504}, GATEWAY, "504"),
            ("error", {"code": 1}, {"code": 1}, TRANSIENT, "1"),
            ("error", {"code": 2}, {"code": 2}, TRANSIENT, "2"),
            ("error", {"code": 80002}, {"code": 80002}, LIMIT, "80002"),
        )
        for effect in (DONE, NOT_DONE)
    ),
]


@ON_BOTH
@IN_BOTH_WORLDS
@pytest.mark.parametrize(("kind", "more", "understood"), CRITICAL)
def test_an_outcome_that_nobody_knows_is_found_out(
    studio: Studio,
    drive: Drive,
    kind: str,
    more: dict[str, object],
    understood: dict[str, object],
) -> None:
    assert_found_out(studio, drive, kind, more, understood)


@IN_BOTH_WORLDS
@pytest.mark.parametrize(("kind", "more", "understood"), ANSWERS)
def test_an_answer_that_says_nothing_is_not_believed(
    studio: Studio,
    drive: Drive,
    kind: str,
    more: dict[str, object],
    understood: dict[str, object],
) -> None:
    assert_found_out(studio, drive, kind, more, understood)


def assert_found_out(
    studio: Studio,
    drive: Drive,
    kind: str,
    more: dict[str, object],
    understood: dict[str, object],
) -> None:
    """One publish call goes wrong; the post is live once, after as few calls as can be."""
    Road(drive)
    elsewhere = f"{studio.run.sandbox_url}/graph.facebook.com/v26.0/me"
    where = {"location": elsewhere} if kind == "redirect" else {}
    broken = fault(studio.world, "publish", kind, count=1, **more, **where)
    studio.post("Only once", due_at=in_seconds(60))

    drive.run(seconds=3600)

    assert_live_once(drive)
    assert understood.items() <= detail_of_doubt(drive).items()
    calls = [call["endpoint"] for call in studio.world.calls]
    was_done = broken.has_effect
    assert calls.count("publish") == (1 if was_done else 2)
    assert calls.count("create") == 1
    assert "me" not in calls
    assert ("proved_absent" in drive.causes()) is not was_done
    assert drive.notices() == []


def detail_of_doubt(drive: Drive) -> dict[str, object]:
    """What the timeline keeps of the answer that left the machine in doubt."""
    with drive.session() as session:
        found = session.scalars(select(Event.detail).where(Event.cause == "unknown")).all()
    (detail,) = found
    return dict(detail or {})


@pytest.mark.parametrize("code", [1, 2])
@TRANSIENT
def test_a_passing_trouble_of_metas_before_the_shot_is_only_waited_for(
    studio: Studio, drive: Drive, used: str, code: int
) -> None:
    for endpoint in ("limit", "media", "create", "status"):
        fault(studio.world, endpoint, "error", code=code, count=3)
    studio.post("A little later", due_at=in_seconds(600))

    drive.run(seconds=1200)

    assert_live_once(drive)
    assert drive.row().tries == 0
    assert drive.passed.count("container_made") == 1
    assert {"outage"} <= set(drive.causes())
    assert "unknown" not in drive.causes()
