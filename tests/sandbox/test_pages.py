"""What a person sees of the sandbox."""


def test_desk_lists_profiles_faults_and_calls(meta):
    meta.live(meta.ig_token())
    meta.fault(endpoint="publish", kind="lost_after")

    page = meta.http.get(f"{meta.base}/").text

    assert "Practice Instagram:</strong> nothing here reaches Instagram" in page
    assert 'href="/clay.studio/"' in page
    assert "lost_after" in page
    assert "/media_publish" in page


def test_fault_can_be_switched_on_and_off_by_form(meta):
    form = {
        "action": "fault",
        "endpoint": "publish",
        "kind": "error",
        "code": "9",
        "count": "1",
        "subcode": "2207042",
        "account": "",
        "seconds": "",
        "caption_contains": "",
    }

    meta.http.post(f"{meta.base}/", data=form)

    (fault,) = meta.world.faults.faults
    assert (fault.code, fault.subcode, fault.count, fault.account) == (9, 2207042, 1, None)
    meta.http.post(f"{meta.base}/", data={"action": "clear"})
    assert meta.world.faults.faults == []


def test_clock_reset_and_used_container_are_forms_too(meta):
    meta.http.post(f"{meta.base}/", data={"action": "used_container", "value": "duplicate"})
    assert meta.world.switches.used_container == "duplicate"
    meta.http.post(f"{meta.base}/", data={"action": "clock", "hours": "24"})
    assert meta.world.clock_ahead == 86_400
    meta.http.post(f"{meta.base}/", data={"action": "reset"})
    assert meta.world.clock_ahead == 0


def test_wrong_form_is_told_in_words(meta):
    answer = meta.http.post(f"{meta.base}/", data={"action": "dance"})

    assert answer.status_code == 400
    assert "That did not work" in answer.text


def test_profile_shows_pictures_with_captions_newest_first(meta):
    token = meta.ig_token()
    first = meta.live(token, caption="The first bowl")
    second = meta.live(token, caption="The second bowl")

    page = meta.http.get(f"{meta.base}/clay.studio/").text

    assert "clay.studio" in page
    assert page.index("The second bowl") < page.index("The first bowl")
    for media in (first, second):
        answer = meta.http.get(f"{meta.base}/_sandbox/media/{media}.jpg")
        assert f"/_sandbox/media/{media}.jpg" in page
        assert answer.headers["Content-Type"] == "image/jpeg"


def test_empty_profile_says_so(meta):
    assert "No posts yet." in meta.http.get(f"{meta.base}/harbour.cafe/").text


def test_permalink_shows_the_post(meta):
    token = meta.ig_token()
    media = meta.live(token, caption="A bowl <3\nfor you", alt_text="A blue bowl")
    link = meta.get(media, token, fields="permalink").json()["permalink"]

    page = meta.http.get(link).text

    assert "A bowl &lt;3\nfor you" in page
    assert 'alt="A blue bowl"' in page
    assert "@clay.studio" in page


def test_carousel_shows_every_slide(meta):
    token = meta.ig_token()
    slides = [meta.container(token, is_carousel_item="true") for _ in range(3)]
    media = meta.live(token, media_type="CAROUSEL", children=",".join(slides))
    link = meta.get(media, token, fields="permalink").json()["permalink"]

    assert meta.http.get(link).text.count("<img") == 3
    assert meta.http.get(f"{meta.base}/_sandbox/media/{media}.jpg").ok


def test_comments_show_under_the_post(meta):
    token = meta.ig_token(
        scope="instagram_business_basic,instagram_business_content_publish,"
        "instagram_business_manage_comments"
    )
    media = meta.live(token)
    meta.post(f"{media}/comments", token, message="What a bowl")
    link = meta.get(media, token, fields="permalink").json()["permalink"]

    assert "What a bowl" in meta.http.get(link).text


def test_unknown_pages_are_404(meta):
    for path in ("/nobody/", "/p/xxxxxxxxxxx/", "/_sandbox/media/1.jpg", "/_sandbox/nothing"):
        assert meta.http.get(f"{meta.base}{path}").status_code == 404


def test_every_page_has_banner_favicon_and_policy(meta):
    for address in (
        f"{meta.base}/",
        f"{meta.base}/clay.studio/",
        meta.dialog(),
        meta.dialog("instagram"),
        meta.dialog(client_id="1"),
    ):
        answer = meta.http.get(address)
        assert "nothing here reaches Instagram" in answer.text
        assert '/static/practice.svg"' in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_styles_and_favicon_are_served(meta):
    for name, kind in (("practice.css", "text/css"), ("practice.svg", "image/svg+xml")):
        answer = meta.http.get(f"{meta.base}/static/{name}")
        assert answer.headers["Content-Type"].startswith(kind)
