"""What people do while the machine works: exactly one of them wins, and the other is told."""

from sqlalchemy.orm import Session

from models import Account, Post
from ospost.domain.states import HoldReason
from ospost.services import publications
from ospost.services.database import writing
from tests.machine.driving import Drive
from tests.support import Studio, in_seconds


def edit(session: Session, post_id: int, caption: str, drive: Drive) -> None:
    with writing(session):
        post = session.get_one(Post, post_id)
        publications.content_changed(session, post, now=drive.now())
        post.caption = caption


def test_an_edit_while_the_container_is_made_wins_and_the_old_one_is_never_published(
    studio: Studio, drive: Drive
) -> None:
    post_id = studio.post("Old words", due_at=in_seconds(60))
    edited: list[str] = []

    def meddle(moment: str) -> None:
        if moment == "container_made" and not edited:
            edited.append(moment)
            with drive.session() as session:
                edit(session, post_id, "New words", drive)

    drive.tools.reached = meddle
    drive.run(seconds=600)

    assert [media.caption for media in drive.live()] == ["New words"]


def test_a_removed_post_never_goes_out(studio: Studio, drive: Drive) -> None:
    post_id = studio.post("Never mind", due_at=in_seconds(600))
    drive.run(seconds=300)

    with drive.session() as session, writing(session):
        post = session.get_one(Post, post_id)
        publications.cancel(session, post, cause="removed", now=drive.now())
    drive.run(seconds=1200)

    assert (drive.states(), drive.live()) == (["cancelled"], [])


def test_a_small_move_keeps_the_container_and_a_far_one_drops_it(
    studio: Studio, drive: Drive
) -> None:
    post_id = studio.post("Moved", due_at=in_seconds(600))
    drive.run(seconds=300)

    with drive.session() as session, writing(session):
        post = session.get_one(Post, post_id)
        publications.retime(session, post, due_at=in_seconds(1200), now=drive.now())
    assert drive.row().state == "ready"
    with drive.session() as session, writing(session):
        post = session.get_one(Post, post_id)
        publications.retime(session, post, due_at=in_seconds(3 * 86_400), now=drive.now())

    assert (drive.row().state, drive.row().container_id) == ("scheduled", "")


def test_a_post_moved_forward_goes_out_at_its_new_time_with_its_container(
    studio: Studio, drive: Drive
) -> None:
    post_id = studio.post("Sooner", due_at=in_seconds(600))
    drive.run(seconds=300)
    sooner = drive.now()

    with drive.session() as session, writing(session):
        post = session.get_one(Post, post_id)
        publications.retime(session, post, due_at=sooner, now=drive.now())
    drive.run(seconds=30)

    assert drive.states() == ["published"]
    assert drive.passed.count("container_made") == 1


def test_stop_holds_everything_at_once_and_go_on_releases_it(studio: Studio, drive: Drive) -> None:
    studio.post("Stopped", due_at=in_seconds(600))
    drive.run(seconds=300)

    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        publications.pause(session, account, now=drive.now())
    drive.run(seconds=1200)
    assert (drive.row().state, drive.row().hold_reason) == ("held", "paused")
    assert drive.live() == []

    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        publications.resume(session, account, now=drive.now())
    drive.run(seconds=1200)
    assert drive.states() == ["published"]


def test_stop_in_the_moment_between_claim_and_intent_still_stops_the_shot(
    studio: Studio, drive: Drive
) -> None:
    studio.post("Just in time", due_at=in_seconds(60))
    drive.run(seconds=600, until="ready")
    drive.jump(60)
    with drive.session() as session:
        (task,) = drive.machine.claim_shots(session, most=5, horizon=drive.now())
    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        publications.pause(session, account, now=drive.now())

    task.run()

    assert drive.live() == []
    assert drive.states() == ["ready"]


def test_after_signing_in_again_held_posts_go_out(studio: Studio, drive: Drive) -> None:
    studio.world.faults.add(endpoint="create", kind="error", code=190, subcode=460, count=1)
    studio.post("After reconnect", due_at=in_seconds(600))
    drive.run(seconds=900, until="held")

    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        assert account.needs_reconnect
        account.needs_reconnect = False
        publications.release_held(session, account, reason=HoldReason.TOKEN, now=drive.now())
    drive.run(seconds=1200)

    assert drive.states() == ["published"]


def test_a_person_who_sees_it_live_settles_the_question(studio: Studio, drive: Drive) -> None:
    post_id = ask_person(studio, drive)

    with drive.session() as session, writing(session):
        post = session.get_one(Post, post_id)
        link = "https://www.instagram.com/p/abc/"
        publications.resolve_review(session, post, is_live=True, permalink=link, now=drive.now())

    assert (drive.row().state, drive.row().permalink) == ("published", link)


def test_a_person_who_does_not_see_it_sends_it_again_with_a_new_container(
    studio: Studio, drive: Drive
) -> None:
    post_id = ask_person(studio, drive)
    studio.world.faults.remove()
    studio.world.media.clear()
    studio.world.index()

    with drive.session() as session, writing(session):
        post = session.get_one(Post, post_id)
        publications.resolve_review(session, post, is_live=False, now=drive.now())
    drive.run(seconds=600)

    assert drive.states() == ["published"]
    assert drive.passed.count("container_made") == 2


def ask_person(studio: Studio, drive: Drive) -> int:
    studio.world.faults.add(endpoint="publish", kind="lost_after", count=1)
    post_id = studio.post("Who knows", due_at=in_seconds(60))
    drive.run(seconds=65, until="unknown")
    studio.world.faults.add(endpoint="status", kind="error", code=100, subcode=33)
    studio.world.faults.add(endpoint="media", kind="error", code=100, subcode=33)
    drive.run(seconds=30 * 3600)
    assert drive.states() == ["review"]
    return post_id


def test_a_missed_post_goes_out_when_it_gets_a_new_time(studio: Studio, drive: Drive) -> None:
    post_id = studio.post("Second chance", due_at=in_seconds(1))
    drive.jump(8 * 3600)
    drive.run(seconds=60)
    assert drive.states() == ["missed"]

    with drive.session() as session, writing(session):
        post = session.get_one(Post, post_id)
        publications.retime(session, post, due_at=drive.now(), now=drive.now())
    drive.run(seconds=60)

    assert drive.states() == ["published"]
