"""Two at once: workers that overtake each other, and calls under which no transaction is open."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from models import Account, Post
from ospost.services import drafts, publications
from ospost.services.database import writing
from sandbox.faults import Facts, Fault, FaultBox
from tests.machine.driving import Died, Drive, fault
from tests.support import Studio, in_seconds


def test_what_was_prepared_for_a_row_that_is_gone_is_not_taken_for_its_successor(
    studio: Studio, drive: Drive
) -> None:
    """During the create call the post becomes a draft, gets new words and is scheduled again."""
    post_id = studio.post("Old words", due_at=in_seconds(60))
    heir = Drive(studio.app, studio.world, owner="tests:2:b")
    old_id = drive.row().id
    claimed: list[str] = []

    def meddle(moment: str) -> None:
        if moment == "container_made" and not claimed:
            with drive.session() as session, writing(session):
                drafts.put_back(session, session.get_one(Post, post_id), now=drive.now())
            with drive.session() as session, writing(session):
                post = session.get_one(Post, post_id)
                post.caption = "New words"
                due_at = drive.now() + timedelta(seconds=60)
                drafts.schedule(session, post, due_at=due_at, now=drive.now())
            heir.ahead = drive.ahead
            claimed.extend(task.key for task in heir.machine.claim(threads=5, rest=5))

    drive.tools.reached = meddle
    drive.run(seconds=900)

    assert len(claimed) == 1
    assert drive.row().id != old_id
    assert [media.caption for media in drive.live()] == ["New words"]


def test_a_look_that_takes_longer_than_its_lease_agrees_with_the_look_of_another(
    studio: Studio, drive: Drive
) -> None:
    """While one worker reads, its lease runs out; another looks and links the post."""
    fault(studio.world, "publish", "lost_after", count=1)
    studio.post("Slowly read", due_at=in_seconds(60))
    drive.run(seconds=65, until="unknown")
    heir = Drive(studio.app, studio.world, owner="tests:2:b")

    def stall(moment: str) -> None:
        if moment == "looked" and not heir.passed:
            drive.jump(65)
            heir.ahead = drive.ahead
            heir.run(seconds=30)

    drive.tools.reached = stall
    drive.run(seconds=3600)

    (media,) = drive.live()
    assert "look_recorded" in heir.passed
    assert (drive.row().state, drive.row().ig_media_id) == ("published", media.id)
    assert drive.causes().count("published") == 1
    assert "second_copy" not in drive.causes()


@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_late_answer_after_another_intent_tells_people_to_look_for_a_second_copy(
    studio: Studio, drive: Drive, is_recorded: bool
) -> None:
    """All signs say that it is not live; a second try begins; then the first answer arrives."""
    studio.world.switches.used_container = "duplicate"
    studio.world.switches.list_lag = studio.world.switches.status_lag = 86_400
    studio.post("Once or twice", due_at=in_seconds(60))
    heir = Drive(studio.app, studio.world, owner="tests:2:b")

    def stall(moment: str) -> None:
        if moment == "answered" and not heir.passed:
            drive.jump(65)
            heir.ahead = drive.ahead
            if is_recorded:
                heir.run(seconds=600)
            else:
                heir.die_at = "intent"
                with pytest.raises(Died):
                    heir.run(seconds=600)
            drive.ahead = heir.ahead

    drive.tools.reached = stall
    drive.run(seconds=300)

    assert heir.passed.count("intent") == 1
    assert drive.row().state == "published"
    assert len(drive.live()) == (2 if is_recorded else 1)
    assert drive.causes().count("second_copy") == 1
    assert drive.notices() == ["Please look on Instagram"]


def test_an_answer_in_time_tells_nobody_of_a_second_copy(studio: Studio, drive: Drive) -> None:
    studio.post("Once", due_at=in_seconds(60))

    drive.run(seconds=600)

    assert "second_copy" not in drive.causes()
    assert drive.notices() == []


class Witness(FaultBox):
    """Notes, at every call that arrives at Instagram, the transactions that its caller has open."""

    def __init__(self) -> None:
        super().__init__()
        self._me = threading.get_ident()
        self._open: set[int] = set()
        self.calls: list[tuple[str, int]] = []

    def begin(self, connection: Connection) -> None:
        if threading.get_ident() == self._me:
            self._open.add(id(connection))

    def end(self, connection: Connection) -> None:
        self._open.discard(id(connection))

    def take(self, facts: Facts) -> Fault | None:
        self.calls.append((facts.endpoint, len(self._open)))
        return super().take(facts)


def test_no_transaction_is_open_while_instagram_is_asked(studio: Studio, drive: Drive) -> None:
    witness = studio.world.faults = Witness()
    engine = drive.tools.sessions.kw["bind"]
    event.listen(engine, "begin", witness.begin)
    for name in ("commit", "rollback"):
        event.listen(engine, name, witness.end)
    fault(studio.world, "publish", "lost_after", count=1)
    studio.post("Quick with the database", due_at=in_seconds(60), first_comment="And this")
    drive.run(seconds=50)
    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        account.quota_total, account.quota_used = 25, 22  # so near that it is read once more
    asked_before = len(witness.calls)

    drive.run(seconds=3600)

    assert drive.states() == ["published"]
    asked_late = {endpoint for endpoint, _ in witness.calls[asked_before:]}
    assert {"limit", "publish", "media", "status", "comments"} <= asked_late
    assert [call for call in witness.calls if call[1]] == []


def test_a_stop_that_a_person_takes_back_before_the_claim_changes_nothing(
    studio: Studio, drive: Drive
) -> None:
    studio.post("Undisturbed", due_at=in_seconds(60))
    drive.run(seconds=600, until="ready")
    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        publications.pause(session, account, now=drive.now())
    with drive.session() as session, writing(session):
        account = session.get_one(Account, studio.account_id)
        publications.resume(session, account, now=drive.now())

    drive.run(seconds=600)

    assert drive.states() == ["published"]
