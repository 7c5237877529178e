"""What a picture and its texts may be, and what Meta says to the rest."""

import io
import json

import pytest
from PIL import Image


def encoded(kind, size=(1080, 1080), mode="RGB", **how):
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **how)
    return file.getvalue()


def refused(meta, **params):
    answer = meta.create(meta.ig_token(), **params)
    assert not answer.ok, answer.text
    found = answer.json()["error"]
    assert meta.state()["containers"] == []
    return found["code"], found.get("error_subcode")


@pytest.mark.parametrize(
    "size", [(1080, 1080), (1080, 1350), (1080, 1440), (1080, 566), (200, 200)]
)
def test_legal_shapes_are_taken(meta, size):
    url = meta.pictures.put("shape.jpg", encoded("JPEG", size))

    assert meta.create(meta.ig_token(), image_url=url).ok


@pytest.mark.parametrize("size", [(1080, 1920), (1080, 500)])
def test_other_shapes_are_36003(meta, size):
    url = meta.pictures.put("shape.jpg", encoded("JPEG", size))

    assert refused(meta, image_url=url) == (36003, 2207009)


def test_three_to_four_can_be_forbidden(meta):
    meta.world.switches.ratio_min = 0.8
    url = meta.pictures.put("shape.jpg", encoded("JPEG", (1080, 1440)))

    assert refused(meta, image_url=url) == (36003, 2207009)


def test_tolerance_of_the_shape_is_a_switch(meta):
    url = meta.pictures.put("shape.jpg", encoded("JPEG", (1077, 1440)))
    assert meta.create(meta.ig_token(), image_url=url).ok

    meta.world.switches.ratio_tolerance = 0

    assert meta.create(meta.ig_token(), image_url=url).json()["error"]["code"] == 36003


def test_stories_may_have_any_shape(meta):
    url = meta.pictures.put("shape.jpg", encoded("JPEG", (1080, 1920)))

    assert meta.create(meta.ig_token(), image_url=url, media_type="STORIES").ok


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_other_formats_are_36001(meta, kind):
    url = meta.pictures.put("picture.jpg", encoded(kind))

    assert refused(meta, image_url=url) == (36001, 2207005)


def test_mpo_is_36001(meta):
    file = io.BytesIO()
    first, second = Image.new("RGB", (600, 600)), Image.new("RGB", (600, 600), "red")
    first.save(file, "MPO", save_all=True, append_images=[second])
    url = meta.pictures.put("portrait.jpg", file.getvalue())

    assert refused(meta, image_url=url) == (36001, 2207005)


def test_png_can_be_allowed(meta):
    meta.world.switches.image_formats = ["JPEG", "PNG"]
    url = meta.pictures.put("picture.png", encoded("PNG"))

    assert meta.create(meta.ig_token(), image_url=url).ok


def test_more_than_8_mib_is_36000(meta):
    url = meta.pictures.put("big.jpg", encoded("JPEG") + b"\0" * 8 * 1024 * 1024)

    assert refused(meta, image_url=url) == (36000, 2207004)


@pytest.mark.parametrize(
    "content",
    [b"", b"<!doctype html><p>Sign in</p>", encoded("JPEG")[:3000], b"\xff\xd8\xff\xe0 not really"],
    ids=["empty", "a page", "truncated", "only a beginning"],
)
def test_what_is_no_picture_is_9004(meta, content):
    url = meta.pictures.put("odd.jpg", content)

    assert refused(meta, image_url=url) == (9004, 2207052)


@pytest.mark.parametrize("name", ["missing.jpg", "moved"])
def test_what_does_not_answer_200_is_9004(meta, name):
    assert refused(meta, image_url=meta.pictures.url(name)) == (9004, 2207052)


@pytest.mark.parametrize(
    "url", ["ftp://localhost/x.jpg", "not a url", "http://127.0.0.1:9/x.jpg", "file:///etc/passwd"]
)
def test_addresses_that_cannot_be_fetched_are_9004(meta, url):
    assert refused(meta, image_url=url) == (9004, 2207052)


def test_refusal_does_not_repeat_a_signed_query(meta):
    url = meta.pictures.url("missing.jpg") + "?signature=secret"

    assert "secret" not in meta.create(meta.ig_token(), image_url=url).text


def test_slow_picture_is_a_timeout(meta):
    meta.world.switches.fetch_seconds = 0.2
    url = meta.pictures.put("slow.jpg", encoded("JPEG"))

    assert refused(meta, image_url=url) == (-2, 2207003)


def test_missing_picture_address_is_code_100(meta):
    assert refused(meta, image_url="") == (100, None)


@pytest.mark.parametrize(
    "caption",
    ["x" * 2201, " ".join(f"#tag{n}" for n in range(31)), " ".join(f"@u{n}" for n in range(21))],
    ids=["length", "hashtags", "mentions"],
)
def test_too_much_caption_is_36004(meta, caption):
    assert refused(meta, caption=caption) == (36004, 2207010)


@pytest.mark.parametrize(
    "caption",
    [
        "x" * 2200,
        " ".join(f"#tag{n}" for n in range(30)),
        " ".join(f"@u{n}" for n in range(20)),
        "€" * 2200,
        "# 1 # 2 mail@example.org " * 40,
        "#1 " * 40,
    ],
    ids=["length", "hashtags", "mentions", "characters not bytes", "no tags", "numbers"],
)
def test_captions_at_the_limit_are_taken(meta, caption):
    assert meta.create(meta.ig_token(), caption=caption).ok


def test_length_may_be_counted_in_utf16(meta):
    caption = "🏺" * 1200
    assert meta.create(meta.ig_token(), caption=caption).ok

    meta.world.switches.caption_unit = "utf16"

    assert meta.create(meta.ig_token(), caption=caption).json()["error"]["code"] == 36004


def test_caption_is_kept_exactly(meta):
    token = meta.ig_token()
    caption = "  Zwei\n\nZeilen & <b>mehr</b> 🏺 #clay  "

    media = meta.live(token, caption=caption)

    assert meta.get(media, token, fields="caption").json()["caption"] == caption


def test_caption_of_a_child_is_ignored(meta):
    token = meta.ig_token()
    container = meta.container(token, is_carousel_item="true", caption="x" * 3000)

    assert meta.world.containers[container].caption is None


def test_caption_of_a_child_may_be_refused(meta):
    meta.world.switches.child_caption = "refuse"

    assert refused(meta, is_carousel_item="true", caption="x") == (100, None)


def test_alt_text_reads_back(meta):
    token = meta.ig_token()

    media = meta.live(token, alt_text="A bowl")

    assert meta.get(media, token, fields="alt_text").json()["alt_text"] == "A bowl"


def test_alt_text_over_1000_is_refused(meta):
    assert refused(meta, alt_text="x" * 1001) == (100, None)


def tags(count=1, **other):
    one = {"username": "ada", "x": 0.5, "y": 0.5} | other
    return json.dumps([one] * count)


def test_tags_with_a_place_are_taken(meta):
    assert meta.create(meta.ig_token(), user_tags=tags()).ok


@pytest.mark.parametrize(
    ("user_tags", "code"),
    [
        (tags(21), (100, 2207040)),
        (tags(username="@ada"), (110, 2207018)),
        (tags(x=1.5), (100, None)),
        (json.dumps([{"username": "ada"}]), (100, None)),
        ("not json", (100, None)),
    ],
    ids=["too many", "with @", "outside", "without a place", "no list"],
)
def test_wrong_tags_are_refused(meta, user_tags, code):
    assert refused(meta, user_tags=user_tags) == code


def test_collaborators_are_three_names_without_at(meta):
    assert meta.create(meta.ig_token(), collaborators="ada,ben,cleo").ok
    assert refused_again(meta, collaborators="@ada") == (110, 2207018)
    assert refused_again(meta, collaborators="a,b,c,d") == (100, None)
    assert refused_again(meta, collaborators="ada", is_carousel_item="true") == (100, None)


def refused_again(meta, **params):
    found = meta.create(meta.ig_token(), **params).json()["error"]
    return found["code"], found.get("error_subcode")


def test_location_must_be_a_number(meta):
    assert meta.create(meta.ig_token(), location_id="123456").ok
    assert refused_again(meta, location_id="paris") == (100, None)


def test_ai_label_is_kept_and_forbidden_on_children(meta):
    token = meta.ig_token()

    media = meta.live(token, is_ai_generated="true")

    assert meta.get(media, token, fields="is_ai_generated").json()["is_ai_generated"] is True
    assert refused_again(meta, is_carousel_item="true", is_ai_generated="true") == (100, None)


def test_videos_are_refused_so_far(meta):
    assert refused(meta, media_type="REELS", video_url="http://localhost/v.mp4") == (100, None)
