"""Several at once: nothing is lost, nothing is doubled."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import func, select, update

from helpers import utcnow
from models import Media, Publication, Rendition, db
from ospost.domain.media_rules import Crop
from ospost.errors import Conflict
from ospost.imaging.values import Purpose, Recipe
from ospost.services import planning
from ospost.services.database import writing
from ospost.services.renditions import find_or_make
from tests.posts.conftest import Member


def test_swaps_at_the_same_time_lose_no_date(ada: Member) -> None:
    media_id = ada.upload()
    days = [f"2031-01-0{n}T10:00" for n in (1, 2, 3)]
    ids = [ada.schedule(day, media_id=media_id) for day in days]

    def swap(no: int) -> None:
        with ada.app.app_context():
            a, b = ids[no % 3], ids[(no + 1) % 3]
            planning.swap(db.session(), user_id=ada.user_id, a=a, b=b, now=utcnow())
            db.session.remove()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(swap, range(30)))

    posts = ada.json("/")["posts"]
    assert [post["due_at"][:16] for post in posts] == days
    with ada.app.app_context():
        machine = dict(db.session().execute(select(Publication.post_id, Publication.due_at)).all())
    assert {p["id"]: datetime.fromisoformat(p["due_at"]) for p in posts} == machine


def test_an_intent_and_moves_at_the_same_time_leave_one_truth(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    moved: list[datetime] = []

    def move(no: int) -> None:
        with ada.app.app_context():
            try:
                planning.move(
                    db.session(),
                    user_id=ada.user_id,
                    post_id=post_id,
                    date=f"2031-02-{no + 1:02}T10:00",
                    fold="",
                    now=utcnow(),
                )
                moved.append(datetime(2031, 2, no + 1, 10, tzinfo=UTC))
            except Conflict:
                pass  # the intent was first: that is the other right answer
            db.session.remove()

    def intend(_no: int) -> datetime:
        with ada.app.app_context(), writing(db.session()) as session:
            return session.execute(
                update(Publication)
                .where(Publication.post_id == post_id)
                .values(state="publishing", next_at=utcnow())
                .returning(Publication.due_at)
            ).scalar_one()

    with ThreadPoolExecutor(4) as pool:
        moves = [pool.submit(move, no) for no in range(10)]
        due_at = pool.submit(intend, 0).result()
        moves += [pool.submit(move, no) for no in range(10, 20)]
        for each in moves:
            each.result()

    post = ada.json(f"/post/{post_id}")
    assert post["state"] == "publishing"
    assert datetime.fromisoformat(post["due_at"]) == due_at
    assert due_at in [*moved, datetime(2031, 1, 1, 10, tzinfo=UTC)]
    assert len(moved) < 20


def test_the_same_picture_asked_for_by_many_is_kept_once(ada: Member) -> None:
    media_id = ada.upload()
    recipe = Recipe(purpose=Purpose.INSTAGRAM, crop=Crop(0, 0, 1, 0.9))
    run = ada.app.extensions["ospost"]

    def make(_no: int) -> int:
        with ada.app.app_context():
            session = db.session()
            found = find_or_make(
                session,
                storage=run.storage,
                workshop=run.workshop,
                media=session.get_one(Media, media_id),
                recipe=recipe,
                now=utcnow(),
            )
            db.session.remove()
            return found.id

    with ThreadPoolExecutor(6) as pool:
        made = set(pool.map(make, range(6)))

    with ada.app.app_context():
        rows = db.session().scalar(
            select(func.count()).select_from(Rendition).where(Rendition.purpose == "instagram")
        )
    assert (len(made), rows) == (1, 1)
