"""The whole client and both logins against the practice Meta, over HTTP."""

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from PIL import Image

from ospost.domain.meta_codes import Kind
from ospost.graph.client import Access, ContainerCode, Deadlines, GraphClient, Login
from ospost.graph.errors import NoAnswer, NotSent, Refused, Trouble
from ospost.graph.facebook_login import FacebookLogin
from ospost.graph.http import Http
from ospost.graph.instagram_login import InstagramLogin
from ospost.graph.oauth import OAuthFailure, Reason
from sandbox.people import new_world
from sandbox.server import Running, serve

BACK = "http://localhost:5000/login/callback"
CLAY = "17841400000000001"


@pytest.fixture
def meta() -> Iterator[Running]:
    world = new_world()
    world.switches.container_seconds = 0
    running = serve(world)
    yield running
    running.stop()


def jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "#b4532a").save(file, "JPEG")
    return file.getvalue()


FILES = {"/ok.jpg": jpeg(1080, 1080), "/tall.jpg": jpeg(400, 1600), "/text.jpg": b"hello"}


class Pictures(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = FILES.get(self.path, b"")
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def facebook(meta: Running, http: Http) -> FacebookLogin:
    switches = meta.world.switches
    login = FacebookLogin(
        http,
        app_id=switches.fb_app_id,
        app_secret=switches.fb_app_secret,
        scopes=(
            "instagram_basic",
            "instagram_content_publish",
            "pages_show_list",
            "pages_read_engagement",
            "instagram_manage_comments",
        ),
        version="v26.0",
        facebook_url=f"{meta.base_url}/www.facebook.com",
        graph_url=f"{meta.base_url}/graph.facebook.com",
    )
    return login


@pytest.fixture
def instagram(meta: Running, http: Http) -> InstagramLogin:
    switches = meta.world.switches
    return InstagramLogin(
        http,
        app_id=switches.ig_app_id,
        app_secret=switches.ig_app_secret,
        version="v26.0",
        auth_url=f"{meta.base_url}/www.instagram.com",
        token_url=f"{meta.base_url}/api.instagram.com",
        graph_url=f"{meta.base_url}/graph.instagram.com",
    )


@pytest.fixture
def client(meta: Running, http: Http) -> GraphClient:
    return GraphClient(
        http,
        graph_url=f"{meta.base_url}/graph.facebook.com",
        instagram_graph_url=f"{meta.base_url}/graph.instagram.com",
        version="v26.0",
        app_secret=meta.world.switches.fb_app_secret,
        deadlines=Deadlines(publish=1, read=5, create=5),
    )


def consent(url: str, **form: str) -> str:
    """Say yes in the dialog as a browser would, and return the code."""
    reply = requests.post(
        url, data={"action": "continue", **form}, allow_redirects=False, timeout=10
    )
    assert reply.status_code == 302, reply.text
    return parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0]


def ada(facebook: FacebookLogin) -> str:
    code = consent(facebook.dialog_url(state="s", redirect_uri=BACK))
    return facebook.lengthen(facebook.exchange(code, BACK).value).value


@pytest.fixture(params=["facebook", "instagram"])
def access(
    request: pytest.FixtureRequest, facebook: FacebookLogin, instagram: InstagramLogin
) -> Access:
    """The same account, by either login."""
    if request.param == "facebook":
        page = next(
            page
            for page in facebook.pages(ada(facebook))
            if page.account is not None and page.account.ig_id == CLAY
        )
        return Access(login=Login.FACEBOOK, ig_id=CLAY, token=page.token)
    code = consent(instagram.dialog_url(state="s", redirect_uri=BACK), account=CLAY)
    token = instagram.lengthen(instagram.exchange(code, BACK).value).value
    return Access(login=Login.INSTAGRAM, ig_id=instagram.person(token).ig_id, token=token)


# --- publishing


def test_picture_goes_all_the_way(client: GraphClient, access: Access, pictures: str) -> None:
    caption = "Tê & 茶 #té 👩‍👩‍👧\nline"
    before = datetime.now(UTC) - timedelta(seconds=2)

    made = client.create_image_container(
        access, image_url=f"{pictures}/ok.jpg", caption=caption, alt_text="A cup"
    )
    assert client.container_status(access, made).code is ContainerCode.FINISHED
    assert client.warm(access)
    published = client.publish(access, made, send_allowed=lambda: True)

    seen = client.media(access, published.media_id)
    listed = client.recent_media(access, since=before)
    assert client.container_status(access, made).code is ContainerCode.PUBLISHED
    assert (seen.caption, seen.media_type, seen.child_count) == (caption, "IMAGE", 0)
    assert seen.permalink
    assert before < seen.posted_at
    assert listed.items[0] == seen
    assert listed.is_whole
    assert client.publishing_limit(access).used == 1
    assert client.publishing_limit(access).total == 50


def test_account_is_described(client: GraphClient, access: Access) -> None:
    profile = client.profile(access)

    assert (profile.ig_id, profile.username, profile.name) == (CLAY, "clay.studio", "Clay Studio")


def test_first_comment_is_written_and_found(
    client: GraphClient, facebook: FacebookLogin, pictures: str
) -> None:
    page = next(page for page in facebook.pages(ada(facebook)) if page.account)
    assert page.account is not None
    access = Access(login=Login.FACEBOOK, ig_id=page.account.ig_id, token=page.token)
    made = client.create_image_container(access, image_url=f"{pictures}/ok.jpg", caption="")
    media_id = client.publish(access, made, send_allowed=lambda: True).media_id

    comment_id = client.comment(access, media_id, "#tea & more", send_allowed=lambda: True)

    assert [(c.comment_id, c.text) for c in client.comments(access, media_id)] == [
        (comment_id, "#tea & more")
    ]


def test_held_back_publishing_leaves_the_container_as_it_was(
    client: GraphClient, access: Access, pictures: str
) -> None:
    made = client.create_image_container(access, image_url=f"{pictures}/ok.jpg", caption="")

    with pytest.raises(NotSent):
        client.publish(access, made, send_allowed=lambda: False)

    assert client.container_status(access, made).code is ContainerCode.FINISHED


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        ({"kind": "lost_before"}, Trouble.CLOSED),
        ({"kind": "lost_after"}, Trouble.CLOSED),
        ({"kind": "reset"}, Trouble.CLOSED),
        ({"kind": "hang_after", "seconds": 20}, Trouble.DEADLINE),
        ({"kind": "drip", "seconds": 20}, Trouble.DEADLINE),
        ({"kind": "truncated"}, Trouble.TRUNCATED),
        ({"kind": "html_502"}, Trouble.SERVER_ERROR),
        ({"kind": "empty"}, Trouble.SERVER_ERROR),
        ({"kind": "redirect", "location": "/elsewhere"}, Trouble.REDIRECT),
        ({"kind": "omit", "omit": ["id"]}, Trouble.INCOMPLETE),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else value.value,
)
def test_disturbed_publishing_leaves_the_outcome_open(
    meta: Running,
    client: GraphClient,
    facebook: FacebookLogin,
    pictures: str,
    fault: dict[str, object],
    trouble: Trouble,
) -> None:
    page = next(page for page in facebook.pages(ada(facebook)) if page.account)
    assert page.account is not None
    access = Access(login=Login.FACEBOOK, ig_id=page.account.ig_id, token=page.token)
    made = client.create_image_container(access, image_url=f"{pictures}/ok.jpg", caption="")
    meta.world.faults.add(endpoint="publish", count=1, **fault)

    with pytest.raises(NoAnswer) as doubt:
        client.publish(access, made, send_allowed=lambda: True)

    assert doubt.value.trouble is trouble
    assert doubt.value.sent_at is not None


# --- refusals


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("tall.jpg", Kind.BAD_MEDIA, 36003),
        ("text.jpg", Kind.FETCH_FAILED, 9004),
        ("missing.jpg", Kind.FETCH_FAILED, 9004),
    ],
)
def test_refused_picture_says_why(
    client: GraphClient, access: Access, pictures: str, name: str, kind: Kind, code: int
) -> None:
    with pytest.raises(Refused) as refusal:
        client.create_image_container(access, image_url=f"{pictures}/{name}", caption="")

    assert (refusal.value.kind, refusal.value.code) == (kind, code)
    assert refusal.value.fbtrace_id
    assert name not in str(refusal.value.raw())


def test_too_long_caption_is_refused(client: GraphClient, access: Access, pictures: str) -> None:
    with pytest.raises(Refused) as refusal:
        client.create_image_container(access, image_url=f"{pictures}/ok.jpg", caption="x" * 2201)

    assert refusal.value.kind is Kind.BAD_TEXT


def test_used_container_is_refused_as_gone(
    client: GraphClient, access: Access, pictures: str
) -> None:
    made = client.create_image_container(access, image_url=f"{pictures}/ok.jpg", caption="")
    client.publish(access, made, send_allowed=lambda: True)

    with pytest.raises(Refused) as refusal:
        client.publish(access, made, send_allowed=lambda: True)

    assert refusal.value.kind is Kind.CONTAINER_GONE


def test_container_in_progress_is_not_ready(
    meta: Running, client: GraphClient, access: Access, pictures: str
) -> None:
    meta.world.switches.container_seconds = 600
    made = client.create_image_container(access, image_url=f"{pictures}/ok.jpg", caption="")

    with pytest.raises(Refused) as refusal:
        client.publish(access, made, send_allowed=lambda: True)

    assert refusal.value.kind is Kind.NOT_READY
    assert client.container_status(access, made).code is ContainerCode.IN_PROGRESS


def test_throttled_call_says_for_how_long(
    meta: Running, client: GraphClient, access: Access
) -> None:
    meta.world.faults.add(endpoint="limit", kind="throttle", seconds=300, count=1)

    with pytest.raises(Refused) as refusal:
        client.publishing_limit(access)

    assert refusal.value.kind is Kind.THROTTLED
    assert refusal.value.retry_after_seconds == 300


def test_token_of_nobody_is_refused_and_not_quoted(client: GraphClient, access: Access) -> None:
    stranger = replace(access, token="EAAnobodynobodynobodynobody0123")

    with pytest.raises(Refused) as refusal:
        client.profile(stranger)

    assert refusal.value.kind is Kind.TOKEN
    assert stranger.token not in str(refusal.value.raw())


def test_wrong_app_secret_is_a_matter_of_setup(meta: Running, http: Http, access: Access) -> None:
    careless = GraphClient(
        http,
        graph_url=f"{meta.base_url}/graph.facebook.com",
        instagram_graph_url=f"{meta.base_url}/graph.instagram.com",
        version="v26.0",
        app_secret="wrong",
    )
    if access.login is Login.INSTAGRAM:
        assert careless.profile(access).ig_id == CLAY
        return

    with pytest.raises(Refused) as refusal:
        careless.profile(access)

    assert refusal.value.kind is Kind.SETUP


def test_unknown_version_is_a_matter_of_setup(meta: Running, http: Http, access: Access) -> None:
    ahead = GraphClient(
        http,
        graph_url=f"{meta.base_url}/graph.facebook.com",
        instagram_graph_url=f"{meta.base_url}/graph.instagram.com",
        version="v99.0",
        app_secret=meta.world.switches.fb_app_secret,
    )

    with pytest.raises(Refused) as refusal:
        ahead.profile(access)

    assert refusal.value.kind is Kind.SETUP


# --- signing in


def test_facebook_sign_in_finds_pages_permissions_and_facts(facebook: FacebookLogin) -> None:
    token = ada(facebook)

    pages = {page.name: page for page in facebook.pages(token)}
    facts = facebook.inspect(token)

    assert facebook.person(token).name == "Ada Marin"
    assert pages["Clay Studio"].may_publish
    assert pages["Old Bakery"].account is None
    assert "instagram_content_publish" in facebook.permissions(token).granted
    assert facts.is_valid
    assert facts.subject == facebook.person(token).subject
    assert facts.expires_at is not None
    assert "instagram_basic" in facts.scopes


def test_many_pages_are_all_found(meta: Running, facebook: FacebookLogin) -> None:
    requests.post(f"{meta.base_url}/_sandbox/accounts", json={"count": 230}, timeout=10)

    assert len(facebook.pages(ada(facebook))) == 233


def test_role_without_publishing_is_told(facebook: FacebookLogin) -> None:
    ben = "1020000000000002"
    code = consent(facebook.dialog_url(state="s", redirect_uri=BACK), person=ben)
    token = facebook.exchange(code, BACK).value

    rights = {page.name: page.may_publish for page in facebook.pages(token)}

    assert rights == {"Ben's Prints": False, "Okoye Foto": True}


def test_revoked_grant_ends_the_tokens(facebook: FacebookLogin) -> None:
    token = ada(facebook)

    assert facebook.revoke(token)

    assert not facebook.inspect(token).is_valid
    with pytest.raises(Refused) as refusal:
        facebook.pages(token)
    assert refusal.value.kind is Kind.TOKEN


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("used", Reason.CODE_USED),
        ("expired", Reason.CODE_EXPIRED),
        ("redirect", Reason.REDIRECT_MISMATCH),
        ("secret", Reason.WRONG_SECRET),
        ("app", Reason.UNKNOWN_APP),
    ],
)
@pytest.mark.parametrize("name", ["facebook", "instagram"])
def test_practised_troubles_have_their_reasons(
    request: pytest.FixtureRequest, name: str, trouble: str, reason: Reason
) -> None:
    login = request.getfixturevalue(name)
    code = consent(login.dialog_url(state="s", redirect_uri=BACK), trouble=trouble)

    with pytest.raises(OAuthFailure) as failure:
        login.exchange(code, BACK)

    assert failure.value.reason is reason


@pytest.mark.parametrize("shape", ["flat", "data"])
def test_instagram_sign_in_works_in_both_shapes(
    meta: Running, instagram: InstagramLogin, shape: str
) -> None:
    meta.world.switches.ig_answer_shape = shape
    code = consent(instagram.dialog_url(state="s", redirect_uri=BACK), account=CLAY)

    short = instagram.exchange(f"{code}#_", BACK)
    long = instagram.lengthen(short.value)
    person = instagram.person(long.value)

    assert "instagram_business_content_publish" in short.permissions
    assert (person.ig_id, person.username) == (CLAY, "clay.studio")
    assert person.app_scoped_id == short.subject
    assert long.expires_at is not None
    assert long.expires_at > datetime.now(UTC) + timedelta(days=59)


def test_instagram_token_is_refreshed_when_it_is_a_day_old(
    meta: Running, instagram: InstagramLogin
) -> None:
    code = consent(instagram.dialog_url(state="s", redirect_uri=BACK), account=CLAY)
    token = instagram.lengthen(instagram.exchange(code, BACK).value).value
    with pytest.raises(OAuthFailure):
        instagram.refresh(token)

    meta.world.clock_ahead += 2 * 86_400

    assert instagram.person(instagram.refresh(token).value).ig_id == CLAY


def test_pending_tester_invitation_is_named(meta: Running, instagram: InstagramLogin) -> None:
    code = consent(instagram.dialog_url(state="s", redirect_uri=BACK), account=CLAY)
    short = instagram.exchange(code, BACK)
    meta.world.account(CLAY).tester = "pending"

    with pytest.raises(OAuthFailure) as failure:
        instagram.lengthen(short.value)

    assert failure.value.reason is Reason.NOT_A_TESTER
