"""What a post waits for: what takes it into the hold, what lets it out, and what people are told."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import Account, Post
from ospost.domain.states import HoldReason
from ospost.services import planning, publications
from ospost.services.database import writing
from tests.machine.driving import Drive, fault
from tests.support import Studio, in_seconds


def lose_token(drive: Drive, account_id: int) -> None:
    """The person whose token an account used has left."""
    with drive.session() as session, writing(session):
        account = session.get_one(Account, account_id)
        account.token_sealed, account.needs_reconnect = "", True


def rehearse(drive: Drive, account_id: int, *, on: bool) -> None:
    with drive.session() as session, writing(session):
        account = session.get_one(Account, account_id)
        publications.rehearse_account(session, account, on=on, now=drive.now())


def sign_in_again(drive: Drive, account_id: int) -> None:
    """The account gets a token anew; the practice Meta takes the same one."""
    vault = drive.tools.vault
    with drive.session() as session, writing(session):
        account = session.get_one(Account, account_id)
        place = {"table": "account", "column": "token_sealed", "row_id": account.id}
        account.token_sealed = vault.seal(vault.open(account.token_sealed, **place), **place)
        account.needs_reconnect = False
        publications.release_held(session, account, reason=HoldReason.TOKEN, now=drive.now())


def test_an_account_without_a_token_does_not_stop_the_posts_of_others(
    studio: Studio, drive: Drive
) -> None:
    other = Studio(studio.app, studio.world, username="harbour.cafe").open(studio.user_id)
    due_at = in_seconds(120)
    studio.post("Nobody's", due_at=due_at)
    other.post("Somebody's", due_at=due_at)
    drive.run(seconds=116)
    drive.meet(due_at - timedelta(seconds=2))
    for check in drive.take_others():
        check.run()
    assert drive.states() == ["ready", "ready"]
    lose_token(drive, studio.account_id)

    drive.run(seconds=600)

    assert drive.states() == ["held", "published"]
    assert drive.rows()[0].hold_reason == "token"
    assert [media.caption for media in drive.live()] == ["Somebody's"]


def test_a_post_in_doubt_becomes_a_question_although_the_token_is_gone(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "publish", "lost_after", count=1)
    studio.post("Left behind", due_at=in_seconds(60))
    drive.run(seconds=65, until="unknown")
    lose_token(drive, studio.account_id)

    drive.run(seconds=30 * 3600)

    assert drive.states() == ["review"]
    assert "Please look on Instagram" in drive.notices()


def test_a_rehearsed_post_can_be_published_at_once_after_the_rehearsal(
    studio: Studio, drive: Drive
) -> None:
    rehearse(drive, studio.account_id, on=True)
    post_id = studio.post("Rehearsed", due_at=in_seconds(30))
    drive.run(seconds=120)
    assert drive.row().hold_reason == "rehearsal"
    rehearse(drive, studio.account_id, on=False)

    with drive.session() as session:
        planning.publish_now(session, user_id=studio.user_id, post_id=post_id, now=drive.now())
    drive.run(seconds=600)

    assert drive.states() == ["published"]


def test_a_rehearsed_post_is_never_sent_by_itself(studio: Studio, drive: Drive) -> None:
    rehearse(drive, studio.account_id, on=True)
    studio.post("Only rehearsed", due_at=in_seconds(30))
    drive.run(seconds=120)
    rehearse(drive, studio.account_id, on=False)
    at = drive.row().next_at
    assert at is not None

    drive.meet(at - timedelta(seconds=0.6))  # where a tick finds it
    drive.run(seconds=60)

    assert (drive.states(), drive.live()) == (["missed"], [])


def test_a_rehearsed_post_is_not_sent_when_more_lateness_is_allowed_afterwards(
    studio: Studio, drive: Drive
) -> None:
    rehearse(drive, studio.account_id, on=True)
    studio.post("Only rehearsed", due_at=in_seconds(30))
    drive.run(seconds=120)
    rehearse(drive, studio.account_id, on=False)
    with drive.session() as session, writing(session):
        session.get_one(Account, studio.account_id).grace_seconds = 10 * 3600

    drive.run(seconds=8 * 3600)
    assert (drive.row().hold_reason, drive.live()) == ("rehearsal", [])
    drive.run(seconds=5 * 3600)

    assert (drive.states(), drive.live()) == (["missed"], [])


def test_a_rehearsal_that_begins_in_the_last_second_stops_the_shot(
    studio: Studio, drive: Drive
) -> None:
    studio.post("Stopped in time", due_at=in_seconds(60))
    drive.run(seconds=600, until="ready")
    drive.meet(drive.row().due_at - timedelta(seconds=0.5))
    (shot,) = drive.take_shots(ahead=1)
    rehearse(drive, studio.account_id, on=True)
    drive.jump(1)

    shot.run()

    assert drive.live() == []
    assert "intent" not in drive.passed


def test_going_on_in_the_moment_in_which_a_post_is_held_lets_it_out(
    studio: Studio, drive: Drive
) -> None:
    """The worker still thinks that the account is stopped; the person has just said otherwise."""
    studio.post("Stopped and let go", due_at=in_seconds(60))
    drive.run(seconds=600, until="ready")
    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        publications.pause(session, account, now=drive.now())
    drive.meet(drive.row().due_at - timedelta(seconds=1))
    (shot,) = drive.take_shots(ahead=2)
    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        publications.resume(session, account, now=drive.now())
    drive.jump(2)

    shot.run()
    drive.run(seconds=600)

    assert drive.states() == ["published"]
    assert "held_paused" not in drive.causes()


@pytest.mark.parametrize(
    ("endpoint", "point"), [("create", "preparing"), ("publish", "fence_read")]
)
def test_the_refusal_of_an_old_token_does_not_hold_what_a_new_one_may_send(
    studio: Studio, drive: Drive, endpoint: str, point: str
) -> None:
    """Somebody signs in while a call with the old token is under way; its 190 comes after."""
    fault(studio.world, endpoint, "error", code=190, subcode=463, count=1)
    studio.post("With the new token", due_at=in_seconds(60))
    signed_in: list[str] = []

    def meddle(moment: str) -> None:
        if moment == point and not signed_in:
            signed_in.append(moment)
            sign_in_again(drive, studio.account_id)

    drive.tools.reached = meddle
    drive.run(seconds=600)

    assert drive.states() == ["published"]
    assert not drive.account().needs_reconnect
    assert drive.notices() == []


def test_a_limit_that_stays_used_up_is_told_once(studio: Studio, drive: Drive) -> None:
    fault(studio.world, "publish", "error", code=9, subcode=2207042)
    studio.post("Waiting", due_at=in_seconds(60))

    drive.run(seconds=7 * 3600)

    assert drive.states() == ["missed"]
    assert drive.notices().count("A post is waiting") == 1


def test_what_troubled_the_account_is_taken_back_when_a_post_goes_out(
    studio: Studio, drive: Drive
) -> None:
    fault(studio.world, "publish", "error", code=9, subcode=2207042, count=1)
    studio.post("In the end", due_at=in_seconds(60))
    drive.run(seconds=70, until="held")
    assert drive.account().trouble

    drive.run(seconds=7200)

    assert drive.states() == ["published"]
    assert drive.account().trouble == ""


def test_a_second_doubt_about_one_post_is_told_anew(studio: Studio, drive: Drive) -> None:
    told = "We cannot tell yet whether a post is live"
    fault(studio.world, "publish", "lost_before", count=1)
    post_id = studio.post("Twice in doubt", due_at=in_seconds(60))
    drive.run(seconds=65, until="unknown")
    blind(studio)
    drive.run(seconds=30 * 3600)
    assert (drive.states(), drive.notices().count(told)) == (["review"], 1)
    studio.world.faults.remove()
    with drive.session() as session, writing(session):
        post = session.scalars(select(Post).where(Post.id == post_id)).one()
        publications.resolve_review(session, post, is_live=False, now=drive.now())
    fault(studio.world, "publish", "lost_before", count=1)
    drive.run(seconds=60, until="unknown")
    blind(studio)

    drive.run(seconds=3600)

    assert (drive.states(), drive.notices().count(told)) == (["unknown"], 2)


def blind(studio: Studio) -> None:
    """Neither the container nor the list can be read any more."""
    for endpoint in ("media", "status"):
        fault(studio.world, endpoint, "error", code=100, subcode=33)
