"""Uploads come in whole or not at all; links for Meta open for a while, then close."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from models import Media, Rendition, Slide, db
from ospost.services import library, links
from tests.posts.conftest import JSON, Member, ahead, enter_into, errors_of, file
from tests.support import MakeApp, folder_files, picture


def stored(member: Member) -> list[Path]:
    """Return every file of the storage, also half written ones."""
    settings = member.app.config["OSPOST_SETTINGS"]
    return folder_files(Path(settings.storage_url))


def count(member: Member, table: type[Any]) -> int:
    with member.app.app_context():
        return db.session().scalar(select(func.count()).select_from(table)) or 0


def link(member: Member, post_id: int, **life: float) -> str:
    """Return the path under which Meta fetches the picture of a post."""
    run = member.app.extensions["ospost"]
    now = datetime.now(UTC)
    with member.app.app_context():
        slide = db.session().scalars(select(Slide).where(Slide.post_id == post_id)).one()
        found = library.instagram_rendition(
            db.session(), storage=run.storage, workshop=run.workshop, slide=slide, now=now
        )
        return links.media_path(run.secret_key, found.id, expires_at=now + timedelta(**life))


def test_an_upload_tells_what_it_is_and_keeps_the_original_untouched(ada: Member) -> None:
    data = picture(900, 1600)

    answer = ada.post("/media/add", {"media": file(data, "fotos/Zoë.jpg")})

    [card] = answer.get_json()["media"]
    assert (card["width"], card["height"], card["needs_cut"]) == (900, 1600, True)
    assert card["proposed_crop"].startswith("0,0.")
    assert card["size_label"].startswith("900 × 1600 · ")
    assert card["file_name"] == "Zoë.jpg"
    assert ada.get(card["thumb_url"]).mimetype == "image/webp"
    preview = ada.get(card["preview_url"])
    assert preview.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert preview.headers["X-Content-Type-Options"] == "nosniff"
    with ada.app.app_context():
        key = db.session().get_one(Media, card["id"]).storage_key
    original = ada.get(f"/uploads/{key}")
    assert original.data == data
    assert original.headers["Content-Disposition"].startswith("attachment")
    assert original.mimetype == "application/octet-stream"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"just text", "not a photo"),
        (picture()[:2000], "missing"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    ],
)
def test_a_file_that_is_no_picture_leaves_nothing_behind(
    ada: Member, data: bytes, words: str
) -> None:
    before = stored(ada)

    answer = ada.post("/media/add", {"media": file(data)})
    whole = ada.post("/post/add", {"media": file(data), "date": ahead(days=1)})

    assert (answer.status_code, whole.status_code) == (422, 422)
    assert words in errors_of(answer)["media"]
    assert words in errors_of(whole)["media"]
    assert (stored(ada), count(ada, Media), count(ada, Rendition)) == (before, 0, 0)


def test_of_several_files_the_good_ones_are_kept(ada: Member) -> None:
    answer = ada.post("/media/add", {"media": [file(picture()), file(b"no")]})

    assert answer.status_code == 422
    assert [card["file_name"] for card in answer.get_json()["media"]] == ["photo.jpg"]
    assert count(ada, Media) == 1


def test_a_file_over_the_limit_is_413_and_what_was_typed_is_kept(make_app: MakeApp) -> None:
    ada = enter_into(make_app(MAX_UPLOAD_MB="1"))("ada")
    big = picture() + b"\0" * 1_000_000

    upload = ada.post("/media/add", {"media": file(big)})
    program = ada.post("/post/add", {"media": file(big), "date": ahead(days=1)})
    page = ada.post("/post/add", {"media": file(big), "caption": "kept"}, page=True)

    assert [a.status_code for a in (upload, program, page)] == [413, 413, 413]
    assert "larger than 1 MB" in errors_of(upload)["media"]
    assert "larger than 1 MB" in errors_of(program)["media"]
    assert ">\nkept</textarea>" in page.get_data(as_text=True)
    assert [path.name for path in stored(ada)] == []


def test_a_body_far_over_the_limit_is_not_read(make_app: MakeApp) -> None:
    ada = enter_into(make_app(MAX_UPLOAD_MB="1"))("ada")

    answer = ada.client.post(
        "/media/add",
        headers={"X-CSRFToken": ada.token, **JSON},
        input_stream=io.BytesIO(b""),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": "50000000"},
    )

    assert answer.status_code == 413
    assert answer.mimetype == "application/problem+json"


def test_meta_fetches_the_picture_with_type_and_length_and_gets_no_cookie(ada: Member) -> None:
    path = link(ada, ada.schedule("2031-01-01T10:00"), hours=1)
    stranger = ada.app.test_client()

    answer = stranger.get(path, headers={"Host": "media.example.org"}, buffered=True)
    head = stranger.head(path)
    part = stranger.get(path, headers={"Range": "bytes=0-1"}, buffered=True)

    assert path.endswith(".jpg")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.content_length == head.content_length == len(answer.data)
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert head.data == b""
    assert (part.status_code, part.data) == (206, answer.data[:2])


def test_a_link_dies_and_cannot_be_guessed_or_changed(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00")
    good, old = link(ada, post_id, hours=1), link(ada, post_id, seconds=-5)
    stranger = ada.app.test_client()
    number, _, rest = good.removeprefix("/m/").partition("-")

    for path in (
        old,
        f"/m/{int(number, 16) + 1:x}-{rest}",
        good[:-6] + "AA.jpg",
        "/m/" + "A" * 43 + ".jpg",
        "/m/x",
    ):
        assert stranger.get(path).status_code == 404
    assert stranger.get(good, buffered=True).status_code == 200


def test_the_same_cut_is_made_once_and_again_when_its_file_is_lost(ada: Member) -> None:
    post_id = ada.schedule("2031-01-01T10:00", crop="0,0,1,0.9")
    first = link(ada, post_id, hours=1)
    rows = count(ada, Rendition)

    assert link(ada, post_id, hours=1).split("-")[0] == first.split("-")[0]
    [slide] = ada.json(f"/post/{post_id}")["slides"]
    run = ada.app.extensions["ospost"]
    run.storage.delete(slide["thumb_url"].removeprefix("/uploads/"))

    assert ada.get(slide["thumb_url"]).status_code == 200
    assert count(ada, Rendition) == rows


def test_unused_pictures_are_dropped_with_their_files_and_used_ones_stay(ada: Member) -> None:
    used, unused = ada.upload(), ada.upload(picture(color="#00ff00"))
    ada.schedule("2031-01-01T10:00", media_id=used)
    run = ada.app.extensions["ospost"]

    with ada.app.app_context():
        later = datetime.now(UTC) + timedelta(hours=1)
        dropped = library.drop_unused(db.session(), storage=run.storage, before=later)
        left = list(db.session().scalars(select(Media.id)))
        keys = set(db.session().scalars(select(Rendition.storage_key)))
        keys |= set(db.session().scalars(select(Media.storage_key)))

    assert (dropped, left) == (1, [used])
    assert unused not in left
    assert len(stored(ada)) == len(keys)


@pytest.mark.parametrize("key", ["../app.py", "x", "%2e%2e/app.py", "00/00/0", "a\0b"])
def test_an_odd_key_is_404(ada: Member, key: str) -> None:
    assert ada.get(f"/uploads/{key}").status_code == 404
