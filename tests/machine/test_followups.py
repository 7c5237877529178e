"""After a post is live: its media, its link and its first comment, each of them once."""

import pytest
from sqlalchemy import Connection, event, select, update

from models import Account, Followup, Notice, Post
from ospost.services import posts, publications
from ospost.services.database import writing
from ospost.services.passed import reconnected
from ospost.services.publishing import following
from ospost.services.publishing.rows import LostFence
from sandbox.things import Comment
from tests.machine.driving import EVERY, Died, Drive, fault
from tests.support import Studio, in_seconds


def comments(studio: Studio) -> list[str]:
    return [comment.text for comment in studio.world.comments.values()]


def test_a_worker_that_stalled_before_its_comment_writes_none_after_another_did(
    studio: Studio, drive: Drive
) -> None:
    studio.post("With words", due_at=in_seconds(30), first_comment="Once")
    drive.run(seconds=600, until="published")
    with drive.session() as session:
        errands = following.claim(
            session,
            owner=drive.owner,
            most=EVERY,
            now=drive.now(),
            lease=drive.tools.timings.lease,
            grace_seconds=drive.tools.grace_seconds,
        )
    (stalled,) = [errand for errand in errands if errand.kind == following.FIRST_COMMENT]
    drive.jump(65)
    heir = Drive(studio.app, studio.world, owner="tests:2:b", ahead=drive.ahead)
    heir.run(seconds=5)
    assert comments(studio) == ["Once"]

    with drive.session() as session, pytest.raises(LostFence):
        following.run(drive.tools, session, stalled)

    assert comments(studio) == ["Once"]


def test_a_worker_that_stalls_between_its_intent_and_its_comment_writes_none(
    studio: Studio, drive: Drive
) -> None:
    heir = Drive(studio.app, studio.world, owner="tests:2:b")

    def stall(moment: str) -> None:
        if moment == "comment_intent":
            drive.jump(65)
            heir.ahead = drive.ahead
            heir.run(seconds=600)
            drive.ahead = heir.ahead

    drive.tools.reached = stall
    studio.post("With words", due_at=in_seconds(30), first_comment="Once")

    drive.run(seconds=600)

    assert comments(studio) == ["Once"]
    assert drive.causes().count("comment") == 1


def test_a_comment_that_instagram_writes_a_minute_later_is_not_written_again(
    studio: Studio, drive: Drive
) -> None:
    studio.post("With words", due_at=in_seconds(30), first_comment="Once")
    fault(studio.world, "comments", "late_effect", method="POST", seconds=100, count=1)

    drive.run(seconds=3600)

    assert comments(studio) == ["Once"]
    assert drive.causes().count("comment") == 1


def test_a_comment_of_somebody_else_with_the_same_words_is_not_taken_for_ours(
    studio: Studio, drive: Drive
) -> None:
    studio.post("With words", due_at=in_seconds(30), first_comment="Lovely!")
    fault(studio.world, "comments", "lost_before", method="POST", count=1)
    drive.run(seconds=600, until="published")
    (media,) = drive.live()
    other = next(id_ for id_ in studio.world.accounts if id_ != media.account_id)
    studio.world.comments["1"] = Comment(
        id="1", media_id=media.id, account_id=other, text="Lovely!", timestamp=media.timestamp
    )

    drive.run(seconds=3600)

    by = sorted(comment.account_id == other for comment in studio.world.comments.values())
    assert by == [False, True]


def test_a_database_of_before_the_comment_does_not_write_it_again(
    studio: Studio, drive: Drive
) -> None:
    """A copy that was made between the post and its comment, put back when nothing had been sent since."""
    studio.post("With words", due_at=in_seconds(30), first_comment="Once")
    drive.run(seconds=600, until="published")
    with drive.session() as session:
        before = [dict(row._mapping) for row in session.execute(select(Followup.__table__))]
    drive.run(seconds=600)
    assert comments(studio) == ["Once"]
    with drive.session() as session, writing(session):
        for row in before:
            session.execute(update(Followup).where(Followup.id == row.pop("id")).values(**row))

    drive.run(seconds=600)

    assert comments(studio) == ["Once"]


def test_a_post_that_a_person_saw_live_is_linked_and_gets_its_first_comment(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "publish", "lost_after", count=1)
    post_id = studio.post("Seen by a person", due_at=in_seconds(60), first_comment="Afterwards")
    drive.run(seconds=65, until="unknown")
    for endpoint in ("media", "status"):
        fault(studio.world, endpoint, "error", code=100, subcode=33)
    drive.run(seconds=30 * 3600)
    assert drive.states() == ["review"]
    studio.world.faults.remove()

    with drive.session() as session, writing(session):
        post = session.get_one(Post, post_id)
        publications.resolve_review(session, post, is_live=True, now=drive.now())
    drive.run(seconds=3600)

    (media,) = drive.live()
    assert drive.row().ig_media_id == media.id
    assert comments(studio) == ["Afterwards"]


def standing(drive: Drive) -> list[str]:
    """The titles of what people are told of and is not over."""
    with drive.session() as session:
        return list(session.scalars(select(Notice.title).where(Notice.ended_at.is_(None))))


def test_a_first_comment_waits_for_a_connection_and_follows_when_it_is_renewed(
    studio: Studio, drive: Drive
) -> None:
    """The link to the post as well; both wait for days, and come at once after the sign-in."""
    studio.post("With words", due_at=in_seconds(30), first_comment="At last")
    for endpoint in ("node", "comments"):
        fault(studio.world, endpoint, "error", code=190, subcode=460)

    drive.run(seconds=2 * 86_400)

    assert (drive.states(), comments(studio)) == (["published"], [])
    assert standing(drive).count("A first comment waits") == 1
    assert drive.causes().count("comment_waits") == 1
    studio.world.faults.remove()
    with drive.session() as session, writing(session):
        reconnected(session, session.get_one(Account, studio.account_id), now=drive.now())
    drive.run(seconds=60)
    assert comments(studio) == ["At last"]
    assert drive.row().permalink
    assert "A first comment waits" not in standing(drive)
    assert drive.causes().count("comment") == 1


def test_a_first_comment_outlives_an_outage_of_hours(studio: Studio, drive: Drive) -> None:
    studio.post("With words", due_at=in_seconds(30), first_comment="Later")
    fault(studio.world, "comments", "error", code=2)

    drive.run(seconds=8 * 3600)
    assert (comments(studio), standing(drive)) == ([], ["A first comment waits"])
    studio.world.faults.remove()
    drive.run(seconds=2 * 3600)

    assert (comments(studio), standing(drive)) == (["Later"], [])


def test_after_a_week_a_first_comment_is_given_up_and_its_people_are_told(
    studio: Studio, drive: Drive
) -> None:
    studio.post("With words", due_at=in_seconds(30), first_comment="Never")
    fault(studio.world, "comments", "error", code=190, subcode=460)

    for _ in range(2):
        drive.run(seconds=4 * 86_400)

    assert standing(drive) == ["A first comment is missing"]
    assert drive.causes().count("comment_failed") == 1
    assert comments(studio) == []


def test_a_first_comment_that_is_refused_for_good_is_told(studio: Studio, drive: Drive) -> None:
    studio.post("With words", due_at=in_seconds(30), first_comment="Too many #tags")
    fault(studio.world, "comments", "error", method="POST", code=100, subcode=2207010, count=1)

    drive.run(seconds=3600)

    assert standing(drive) == ["A first comment is missing"]
    assert drive.causes().count("comment_failed") == 1
    assert drive.states() == ["published"]


def test_a_first_comment_of_a_post_that_was_removed_is_not_written_any_more(
    studio: Studio, drive: Drive
) -> None:
    post_id = studio.post("Removed later", due_at=in_seconds(30), first_comment="Too late")
    fault(studio.world, "comments", "error", code=190, subcode=460)
    drive.run(seconds=3600)
    assert standing(drive) == ["A first comment waits"]

    with drive.session() as session:
        posts.remove(session, user_id=studio.user_id, post_id=post_id, now=drive.now())
    studio.world.faults.remove()
    drive.run(seconds=2 * 86_400)

    assert (comments(studio), standing(drive)) == ([], [])
    assert len(drive.live()) == 1


def test_a_worker_that_stalls_while_its_post_is_removed_writes_no_comment(
    studio: Studio, drive: Drive
) -> None:
    post_id = studio.post("Removed now", due_at=in_seconds(30), first_comment="Too late")

    def remove(moment: str) -> None:
        if moment == "comment_intent":
            with drive.session() as session:
                posts.remove(session, user_id=studio.user_id, post_id=post_id, now=drive.now())

    drive.tools.reached = remove
    drive.run(seconds=600)

    assert comments(studio) == []
    assert len(drive.live()) == 1


def test_while_an_account_is_stopped_no_first_comment_is_written(
    studio: Studio, drive: Drive
) -> None:
    studio.post("Stopped after it", due_at=in_seconds(30), first_comment="Once it goes on")
    drive.run(seconds=600, until="published")
    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        publications.pause(session, account, now=drive.now())

    drive.run(seconds=86_400)
    assert comments(studio) == []
    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        publications.resume(session, account, now=drive.now())
    drive.run(seconds=60)

    assert comments(studio) == ["Once it goes on"]


@pytest.mark.parametrize("commit", [1, 2, 3, 4, 5])
def test_a_worker_that_dies_while_it_links_a_live_post_leaves_nothing_half_done(
    studio: Studio, drive: Drive, commit: int
) -> None:
    """Instagram says that it is live, its list shows it hours later; then the worker dies."""
    studio.world.switches.list_lag = 3600
    fault(studio.world, "publish", "lost_after", count=1)
    studio.post("Linked late", due_at=in_seconds(60), first_comment="And this")
    drive.run(seconds=300)
    assert (drive.row().state, drive.row().ig_media_id) == ("published", None)
    studio.world.switches.list_lag = 0
    engine = drive.tools.sessions.kw["bind"]
    left = [commit]

    def die(_connection: Connection) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Died("commit")

    event.listen(engine, "commit", die)
    try:
        with pytest.raises(Died):
            drive.run(seconds=3 * 3600)
    finally:
        event.remove(engine, "commit", die)
    heir = Drive(studio.app, studio.world, owner="tests:2:b", ahead=drive.ahead)
    heir.run(seconds=24 * 3600)

    (media,) = heir.live()
    row = heir.row()
    assert (row.ig_media_id, row.next_at, row.owner) == (media.id, None, "")
    assert row.permalink.endswith(f"/p/{media.shortcode}/")
    assert comments(studio) == ["And this"]
