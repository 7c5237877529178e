"""An old copy of the database that was put back: what may be live is looked for, never sent again."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from models import Account, Base, Post, db
from ospost.services import planning, publications
from ospost.services.database import writing
from ospost.services.publishing.claims import batches
from ospost.services.publishing.epoch import Epoch, hold_what_may_be_live
from tests.databases import ON_BOTH
from tests.faults.helping import (
    IN_BOTH_WORLDS,
    assert_live_once,
    before_commit_of,
    calls,
    engine_of,
    heir_of,
)
from tests.machine.driving import Died, Drive, fault
from tests.machine.test_late_policy import policy
from tests.support import Studio, in_seconds

pytestmark = ON_BOTH

TABLES = [
    table
    for table in Base.metadata.sorted_tables
    if table.name in ("event", "followup", "notice", "outbox", "publication", "instance")
]
Copy = list[tuple[Any, list[dict[str, Any]]]]


@pytest.fixture
def epoch(studio: Studio) -> Epoch:
    """The count beside the database."""
    return Epoch(studio.run.state_dir / "publish-batches")


def backup(drive: Drive) -> Copy:
    """Copy the rows of the machine as they are."""
    with drive.session() as session:
        return [
            (table, [dict(row) for row in session.execute(select(table)).mappings()])
            for table in TABLES
        ]


def restore(studio: Studio, copy: Copy) -> None:
    """Put the old rows of the machine back, as a restored database would have them."""
    with studio.app.app_context(), writing(db.session()) as session:
        for table, _ in reversed(copy):
            session.execute(delete(table))
        for table, rows in copy:
            if rows:
                session.execute(insert(table), rows)


def bring_level(drive: Drive, epoch: Epoch) -> None:
    with drive.session() as session:
        epoch.bring_level(batches(session))


def begin(drive: Drive, epoch: Epoch) -> int:
    """What every start does."""
    with drive.session() as session:
        return hold_what_may_be_live(session, epoch, now=drive.now())


@IN_BOTH_WORLDS
@pytest.mark.fault(31, "restored_backup_older_than_publishes")
def test_a_restored_old_database_publishes_nothing_again(
    studio: Studio, drive: Drive, epoch: Epoch
) -> None:
    """The copy knows one post as ready, two as far off and the last not at all; all went out."""
    first = in_seconds(600)
    for number in range(3):
        studio.post(f"Number {number}", due_at=first + number * timedelta(hours=1))
    drive.run(seconds=300)
    old = backup(drive)
    drive.run(seconds=3 * 3600)
    bring_level(drive, epoch)
    restore(studio, old)
    assert drive.states() == ["ready", "scheduled", "scheduled"]

    count = begin(drive, epoch)

    assert (count, drive.states()) == (3, ["unknown"] * 3)
    drive.run(seconds=7200)
    assert drive.states() == ["published"] * 3
    assert {row.ig_media_id for row in drive.rows()} == {media.id for media in drive.live()}
    assert len(calls(studio.world, "publish")) == 3


def test_a_far_post_that_was_sent_by_hand_after_the_copy_is_not_sent_again(
    studio: Studio, drive: Drive, epoch: Epoch
) -> None:
    """The restored row has neither a container nor a moment in the past."""
    post_id = studio.post("Only once", due_at=in_seconds(86_400))
    old = backup(drive)
    with drive.session() as session:
        planning.publish_now(session, user_id=studio.user_id, post_id=post_id, now=drive.now())
    drive.run(seconds=900)
    assert drive.states() == ["published"]
    bring_level(drive, epoch)
    restore(studio, old)

    begin(drive, epoch)
    drive.run(seconds=2 * 86_400)

    (media,) = drive.live()
    assert (drive.row().state, drive.row().ig_media_id) == ("published", media.id)


def test_a_far_post_that_was_never_sent_goes_out_in_time_after_a_restore(
    studio: Studio, drive: Drive, epoch: Epoch
) -> None:
    first, due_at = in_seconds(600), in_seconds(86_400)
    studio.post("Sent", due_at=first)
    studio.post("Not sent", due_at=due_at)
    old = backup(drive)
    drive.run(seconds=900)
    bring_level(drive, epoch)
    restore(studio, old)

    begin(drive, epoch)
    drive.run(seconds=2 * 86_400)

    assert sorted(media.caption for media in drive.live()) == ["Not sent", "Sent"]
    assert drive.states() == ["published"] * 2
    sent = datetime.fromtimestamp(max(media.timestamp for media in drive.live()), due_at.tzinfo)
    assert due_at <= sent < due_at + timedelta(minutes=1)


@pytest.mark.parametrize("text", ["", "not a number", "\x00\x00"])
def test_a_count_that_cannot_be_read_is_looked_into_once_and_mended(
    studio: Studio, drive: Drive, tmp_path: Path, text: str
) -> None:
    (tmp_path / "count").write_text(text)
    broken = Epoch(tmp_path / "count")
    studio.post("May be live", due_at=in_seconds(600))
    drive.run(seconds=300)

    count = begin(drive, broken)
    drive.run(seconds=1200)
    bring_level(drive, broken)

    assert count == 1
    assert begin(drive, Epoch(tmp_path / "count")) == 0
    assert drive.states() == ["published"]
    assert len(drive.live()) == 1


def test_a_normal_start_holds_nothing(studio: Studio, drive: Drive, epoch: Epoch) -> None:
    studio.post("As always", due_at=in_seconds(600))
    drive.run(seconds=300)
    bring_level(drive, epoch)

    count = begin(drive, epoch)

    assert (count, drive.states()) == (0, ["ready"])


@IN_BOTH_WORLDS
@pytest.mark.fault(28, "postgres_failover_losing_last_commit (async replica)")
@pytest.mark.parametrize("point", ["container_saved", "ready", "intent", "recorded"])
def test_a_replica_that_lacks_the_last_commit_publishes_nothing_again(
    studio: Studio, drive: Drive, point: str
) -> None:
    """The database dies after an answer, and the replica that takes over lacks one commit."""
    studio.post("Once", due_at=in_seconds(600))
    copies: list[Copy] = []
    reached, losing = drive.tools.reached, ["answered" if point == "intent" else point]

    def note(moment: str) -> None:
        drive.die_at = moment if moment == losing[0] else ""
        reached(moment)

    def copy_before_commit() -> None:
        if "answered" not in drive.passed or point == "recorded":
            copies.append(backup(drive))

    drive.tools.reached = note
    copying = before_commit_of(engine_of(drive), "UPDATE publication", copy_before_commit)
    with copying, pytest.raises(Died):
        drive.run(seconds=3600)
    restore(studio, copies[-1])
    heir = heir_of(drive)

    heir.run(seconds=2 * 3600)

    assert_live_once(heir)
    assert len(calls(studio.world, "publish")) == 1


def lose_the_intent(studio: Studio, drive: Drive) -> Drive:
    """Let a post go out, and the database forget that it was begun; return the heir."""
    studio.post("Once", due_at=in_seconds(600))
    copies: list[Copy] = []
    reached = drive.tools.reached

    def note(moment: str) -> None:
        drive.die_at = moment if moment == "answered" else ""
        reached(moment)

    def copy_before_commit() -> None:
        if "answered" not in drive.passed:
            copies.append(backup(drive))

    drive.tools.reached = note
    copying = before_commit_of(engine_of(drive), "UPDATE publication", copy_before_commit)
    with copying, pytest.raises(Died):
        drive.run(seconds=3600)
    restore(studio, copies[-1])
    return heir_of(drive)


@IN_BOTH_WORLDS
@pytest.mark.fault(28, "postgres_failover_losing_last_commit (async replica)")
@pytest.mark.parametrize("then", ["unreadable", "unreachable", "moved", "old"])
def test_a_post_that_was_claimed_and_left_is_never_sent_before_its_container_was_read(
    studio: Studio, drive: Drive, then: str
) -> None:
    """Whatever comes between: Meta's outage, ours, a person who moves it, or a long time."""
    heir = lose_the_intent(studio, drive)
    if then == "unreadable":
        fault(studio.world, "status", "empty", status=503, count=1)
    elif then == "unreachable":
        for _ in range(5):
            heir.jump(20)
            heir.tools.breaker.failed("facebook", now=heir.now(), timings=heir.tools.timings)
    elif then == "moved":
        with heir.session() as session, writing(session):
            (post,) = session.scalars(select(Post))
            due_at = heir.now() + timedelta(minutes=5)
            publications.retime(session, post, due_at=due_at, now=heir.now())
    else:
        with heir.session() as session, writing(session):
            session.execute(update(Account).values(grace_seconds=72 * 3600))
        heir.jump(24 * 3600)

    heir.run(seconds=2 * 3600)

    assert_live_once(heir)
    assert len(calls(studio.world, "publish")) == 1


@pytest.mark.fault(31, "restored_backup_older_than_publishes")
def test_a_post_that_waited_for_a_word_is_not_sent_unasked_after_a_restore(
    studio: Studio, drive: Drive, epoch: Epoch
) -> None:
    """It was held when its account asked; the account no longer does, the post still waits."""
    policy(drive, late_policy="ask")
    studio.post("Say the word", due_at=in_seconds(1))
    drive.jump(11 * 60)
    drive.run(seconds=600)
    policy(drive, late_policy="publish")
    assert drive.states() == ["held"]
    epoch.bring_level(99)

    assert begin(drive, epoch) == 1
    drive.run(seconds=3600)

    row = drive.row()
    assert (row.state, row.hold_reason, row.first_intent_at) == ("held", "ask", None)
    assert drive.live() == []
    drive.run(seconds=24 * 3600)
    assert drive.states() == ["missed"]
