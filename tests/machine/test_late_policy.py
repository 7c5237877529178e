"""What becomes of posts that are late: sent, spread out, asked about, or missed."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from models import Account, Notice, Post
from ospost.services import passed, post_actions, publications
from ospost.services.database import writing
from ospost.services.passed import Answer
from ospost.services.publishing.rows import Work, load
from tests.machine.driving import Drive, fault
from tests.support import Studio, in_seconds


def policy(drive: Drive, **values: object) -> None:
    """Set what the account wants for late posts."""
    with drive.session() as session, writing(session):
        session.execute(update(Account).values(**values))


def open_questions(drive: Drive) -> list[str]:
    with drive.session() as session:
        return list(session.scalars(select(Notice.title).where(Notice.ended_at.is_(None))))


def holds(drive: Drive) -> list[tuple[str, str]]:
    return [(row.state, row.hold_reason) for row in drive.rows()]


def test_late_posts_wait_for_a_word_where_the_account_wants_it(
    studio: Studio, drive: Drive
) -> None:
    policy(drive, late_policy="ask")
    for number in range(3):
        studio.post(f"Number {number}", due_at=in_seconds(number))
    drive.jump(11 * 60)

    drive.run(seconds=600)

    assert holds(drive) == [("held", "ask")] * 3
    assert drive.live() == []
    assert open_questions(drive) == ["What becomes of late posts of @clay.studio?"]


def test_a_post_that_is_only_a_little_late_goes_out_unasked(studio: Studio, drive: Drive) -> None:
    policy(drive, late_policy="ask")
    studio.post("Nine minutes late", due_at=in_seconds(1))
    drive.jump(9 * 60)

    drive.run(seconds=60)

    assert drive.states() == ["published"]


def test_a_post_that_nobody_answers_for_is_missed_when_its_grace_ends(
    studio: Studio, drive: Drive
) -> None:
    policy(drive, late_policy="ask", grace_seconds=3600)
    studio.post("Unanswered", due_at=in_seconds(1))
    drive.jump(20 * 60)
    drive.run(seconds=60)
    assert holds(drive) == [("held", "ask")]

    drive.run(seconds=2 * 3600)

    assert drive.states() == ["missed"]
    assert drive.live() == []


@pytest.mark.parametrize("way", ["retry", "publish now", "the question"])
def test_a_person_says_that_a_late_post_still_goes_out(
    studio: Studio, drive: Drive, way: str
) -> None:
    policy(drive, late_policy="ask")
    post_id = studio.post("Still wanted", due_at=in_seconds(1))
    drive.jump(3600)
    drive.run(seconds=60)

    with drive.session() as session:
        who = studio.user_id
        if way == "retry":
            post_actions.retry(
                session, user_id=who, post_id=post_id, date="", fold="", now=drive.now()
            )
        elif way == "publish now":
            with writing(session):
                post = session.get_one(Post, post_id)
                publications.retime(session, post, due_at=drive.now(), now=drive.now())
        else:
            answers = {post_id: Answer(choice=passed.NOW)}
            passed.answer(session, user_id=who, answers=answers, now=drive.now())
    drive.run(seconds=60)

    assert drive.states() == ["published"]
    assert len(drive.live()) == 1


def test_a_missing_connection_is_told_before_anybody_is_asked(studio: Studio, drive: Drive) -> None:
    policy(drive, late_policy="ask", needs_reconnect=True)
    studio.post("Not connected", due_at=in_seconds(1))
    drive.jump(3600)

    drive.run(seconds=60)

    assert holds(drive) == [("held", "token")]


@pytest.mark.parametrize(("gap", "least"), [(None, 59), (300, 299), (0, 0)])
def test_a_backlog_goes_out_in_due_order_with_the_gap_of_its_account(
    studio: Studio, drive: Drive, gap: int | None, least: int
) -> None:
    policy(drive, backlog_gap_seconds=gap)
    for number in range(4):
        studio.post(f"Number {number}", due_at=in_seconds(4 - number))
    drive.jump(3600)

    drive.run(seconds=3600)

    sent = sorted((row.intent_at, row.id) for row in drive.rows() if row.intent_at)
    gaps = [(b - a).total_seconds() for (a, _), (b, _) in pairwise(sent)]
    assert drive.states() == ["published"] * 4
    assert [media.caption for media in drive.live()] == [f"Number {n}" for n in (3, 2, 1, 0)]
    assert min(gaps) >= least
    assert max(gaps) < least + 60


def test_a_backlog_does_not_make_a_punctual_post_late(studio: Studio, drive: Drive) -> None:
    policy(drive, backlog_gap_seconds=1800)
    for number in range(3):
        studio.post(f"Late {number}", due_at=in_seconds(number))
    drive.jump(3600)
    due_at = drive.now() + timedelta(minutes=10)
    studio.post("Punctual", due_at=due_at)

    drive.run(seconds=4 * 3600)

    rows = drive.rows()
    assert drive.states() == ["published"] * 4
    [punctual] = [row for row in rows if row.due_at == due_at]
    assert punctual.intent_at is not None
    assert punctual.intent_at - due_at < timedelta(seconds=30)
    assert [media.caption for media in drive.live()] == ["Late 0", "Punctual", "Late 1", "Late 2"]


def test_a_post_closed_by_hand_is_not_sent_by_a_worker_that_holds_it(
    studio: Studio, drive: Drive
) -> None:
    post_id = studio.post("Mine already", due_at=in_seconds(60))
    drive.run(seconds=55, until="ready")
    drive.meet(drive.row().due_at)
    [shot] = drive.take_shots()

    with drive.session() as session:
        post_actions.close_by_hand(
            session, user_id=studio.user_id, post_id=post_id, permalink="", now=drive.now()
        )
    shot.run()
    drive.run(seconds=3600)

    assert drive.live() == []
    assert (drive.row().state, drive.row().next_at) == ("published", None)


def holder_of(drive: Drive) -> Work:
    """What the machine knows of the only post."""
    with drive.session() as session:
        return load(session, [drive.row().id], grace_seconds=60)[0]


@pytest.mark.parametrize("way", ["ready", "held", "left", "held for ever"])
def test_a_post_that_may_be_live_is_looked_for_before_it_is_called_missed(
    studio: Studio, drive: Drive, way: str
) -> None:
    """Its call is carried out when nobody expects it any more; then the server is away for long.

    Ready to be sent again, held so, or claimed by a process whose intent was lost with it.
    """
    is_ever_live = way != "held for ever"
    if way == "left":
        studio.post("May be live", due_at=in_seconds(60))
        drive.run(until="ready")
        drive.jump(62)
        assert drive.take_shots()
        access = drive.tools.access(holder_of(drive))
        container_id = drive.row().container_id
        drive.tools.graph.publish(access, container_id, send_allowed=lambda: True)
    else:
        kind = "late_effect" if is_ever_live else "lost_before"
        fault(studio.world, "publish", kind, seconds=1200, count=1)
        studio.post("May be live", due_at=in_seconds(60))
        drive.run(until="unknown")
        drive.run(until="ready")
    if way.startswith("held"):
        policy(drive, paused_at=drive.now())
        drive.run(until="held")

    drive.jump(7 * 3600)
    drive.run(seconds=7200)

    assert drive.states() == ["published" if is_ever_live else "missed"]
    assert [row.ig_media_id for row in drive.rows() if row.ig_media_id] == [
        media.id for media in drive.live()
    ]
    assert "look_first" in drive.causes()


def test_a_post_that_was_never_to_be_sent_is_missed_without_a_look(
    studio: Studio, drive: Drive
) -> None:
    studio.post("Surely not live", due_at=in_seconds(60))
    drive.run(until="ready")
    before = len(studio.world.calls)

    drive.jump(7 * 3600)
    drive.run(seconds=7200)

    assert drive.states() == ["missed"]
    assert len(studio.world.calls) == before
