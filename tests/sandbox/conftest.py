"""A practice Meta on a free port, pictures on another, and a caller that speaks to both."""

import hashlib
import hmac
import http.server
import io
import threading
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from PIL import Image

from sandbox.people import new_world
from sandbox.rights import INSTAGRAM_SCOPES, PUBLISHING_SCOPES
from sandbox.server import Running, serve
from sandbox.world import World

CALLBACK = "http://localhost:5000/login/facebook/callback"
ADA = "1020000000000001"
BEN = "1020000000000002"
CLAY = "17841400000000001"
HARBOUR = "17841400000000002"
PRINTS = "17841400000000003"


def jpeg(width: int = 1080, height: int = 1080, color: str = "#b4532a", **how: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), color).save(file, "JPEG", **how)
    return file.getvalue()


class PictureServer:
    """Serves bytes by name; some names behave badly."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"ok.jpg": jpeg()}
        self.requests: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/").split("?")[0]
                outer.requests.append(self.path)
                if name == "moved":
                    self.send_response(302)
                    self.send_header("Location", "/ok.jpg")
                    self.end_headers()
                    return
                if name == "slow.jpg":
                    time.sleep(0.6)
                content = outer.files.get(name)
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                try:
                    self.wfile.write(content or b"")
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def url(self, name: str = "ok.jpg") -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{name}"

    def put(self, name: str, content: bytes) -> str:
        self.files[name] = content
        return self.url(name)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Meta:
    """Calls the sandbox as an app would, over HTTP."""

    def __init__(self, running: Running, pictures: PictureServer) -> None:
        self.base = running.base_url
        self.world = running.world
        self.pictures = pictures
        self.http = requests.Session()

    # signing in

    def dialog(self, login: str = "facebook", **query: str) -> str:
        """The address of a dialog with good parameters, some of them replaced."""
        facebook = login == "facebook"
        wanted = {
            "client_id": self.world.switches.fb_app_id if facebook else "200000000000002",
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "state": "s1",
            "scope": ",".join(PUBLISHING_SCOPES if facebook else INSTAGRAM_SCOPES[:2]),
        } | query
        host = "www.facebook.com/v26.0/dialog/oauth" if facebook else "www.instagram.com"
        path = f"{self.base}/{host}" + ("" if facebook else "/oauth/authorize")
        return requests.Request("GET", path, params=wanted).prepare().url or ""

    def consent(self, login: str = "facebook", form: dict | None = None, **query: str) -> dict:
        """Post the dialog; the query of the redirect back, values flat."""
        answer = self.http.post(
            self.dialog(login, **query),
            data={"action": "continue"} | (form or {}),
            allow_redirects=False,
        )
        assert answer.status_code == 302, answer.text
        place = urlsplit(answer.headers["Location"])
        found = {name: values[0] for name, values in parse_qs(place.query).items()}
        return found | {"#": place.fragment, "to": place._replace(query="", fragment="").geturl()}

    def exchange(self, code: str, **other: str) -> requests.Response:
        """Facebook: code for token."""
        wanted = {
            "client_id": self.world.switches.fb_app_id,
            "client_secret": self.world.switches.fb_app_secret,
            "redirect_uri": CALLBACK,
            "code": code,
        } | other
        return self.http.get(
            f"{self.base}/graph.facebook.com/v26.0/oauth/access_token", params=wanted
        )

    def prolong(self, token: str, **other: str) -> requests.Response:
        """Facebook: short token for a long one."""
        return self.exchange("", grant_type="fb_exchange_token", fb_exchange_token=token, **other)

    def user_token(self, person: str = ADA, form: dict | None = None, **query: str) -> str:
        """A person's long-lived token, all the way through the dialog."""
        back = self.consent(form={"person": person} | (form or {}), **query)
        short = self.exchange(back["code"]).json()["access_token"]
        return self.prolong(short).json()["access_token"]

    def page_token(self, account: str = CLAY, person: str = ADA, **query: str) -> str:
        """The token of the Page that an account is linked to."""
        page = self.world.linked[account]
        found = self.get(page.id, self.user_token(person, **query), fields="access_token")
        return found.json()["access_token"]

    def ig_exchange(self, code: str, **other: str) -> requests.Response:
        """Instagram: code for a short token."""
        wanted = {
            "client_id": self.world.switches.ig_app_id,
            "client_secret": self.world.switches.ig_app_secret,
            "grant_type": "authorization_code",
            "redirect_uri": CALLBACK,
            "code": code,
        } | other
        return self.http.post(f"{self.base}/api.instagram.com/oauth/access_token", data=wanted)

    def ig_prolong(self, token: str, **other: str) -> requests.Response:
        """Instagram: short token for a long one."""
        wanted = {
            "grant_type": "ig_exchange_token",
            "client_secret": self.world.switches.ig_app_secret,
            "access_token": token,
        } | other
        return self.http.get(f"{self.base}/graph.instagram.com/access_token", params=wanted)

    def ig_refresh(self, token: str) -> requests.Response:
        wanted = {"grant_type": "ig_refresh_token", "access_token": token}
        return self.http.get(f"{self.base}/graph.instagram.com/refresh_access_token", params=wanted)

    def ig_short(self, account: str = CLAY, **query: str) -> str:
        back = self.consent("instagram", {"account": account}, **query)
        return self.ig_exchange(back["code"]).json()["access_token"]

    def ig_token(self, account: str = CLAY, **query: str) -> str:
        """An account's long-lived token, all the way through the dialog."""
        return self.ig_prolong(self.ig_short(account, **query)).json()["access_token"]

    # calls

    def proof(self, token: str) -> str:
        secret = self.world.switches.fb_app_secret.encode()
        return hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()

    def signed(self, token: str, params: dict) -> dict:
        signed = {"access_token": token} | params
        if token.startswith("EAA") and "appsecret_proof" not in params:
            signed["appsecret_proof"] = self.proof(token)
        return signed

    def url(self, path: str, token: str, version: str = "v26.0") -> str:
        host = "graph.instagram.com" if token.startswith("IG") else "graph.facebook.com"
        return f"{self.base}/{host}/{version}/{path}"

    def get(self, path: str, token: str, **params: object) -> requests.Response:
        return self.http.get(self.url(path, token), params=self.signed(token, params))

    def post(self, path: str, token: str, **params: object) -> requests.Response:
        return self.http.post(self.url(path, token), data=self.signed(token, params))

    def delete(self, path: str, token: str, **params: object) -> requests.Response:
        return self.http.delete(self.url(path, token), params=self.signed(token, params))

    # publishing

    def create(self, token: str, account: str = CLAY, **params: object) -> requests.Response:
        wanted = {"image_url": self.pictures.url(), "caption": "Hello"} | params
        return self.post(f"{account}/media", token, **wanted)

    def container(self, token: str, account: str = CLAY, **params: object) -> str:
        return self.create(token, account, **params).json()["id"]

    def publish(self, token: str, container: str, account: str = CLAY) -> requests.Response:
        return self.post(f"{account}/media_publish", token, creation_id=container)

    def live(self, token: str, account: str = CLAY, **params: object) -> str:
        """A published media's id."""
        made = self.container(token, account, **params)
        return self.publish(token, made, account).json()["id"]

    # control

    def control(self, method: str, path: str, /, **body: object) -> requests.Response:
        return self.http.request(method, f"{self.base}/_sandbox/{path}", json=body)

    def fault(self, **words: object) -> None:
        assert self.control("POST", "faults", **words).status_code == 201

    def state(self) -> dict:
        return self.http.get(f"{self.base}/_sandbox/state").json()


@pytest.fixture
def world() -> World:
    """The usual people; containers are finished at once."""
    world = new_world()
    world.switches.container_seconds = 0
    return world


@pytest.fixture
def running(world: World) -> Iterator[Running]:
    running = serve(world)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def picture_server() -> Iterator[PictureServer]:
    server = PictureServer()
    yield server
    server.stop()


@pytest.fixture
def meta(running: Running, picture_server: PictureServer) -> Iterator[Meta]:
    meta = Meta(running, picture_server)
    yield meta
    meta.http.close()


@pytest.fixture
def error():
    """Code and subcode of a refusal, as a pair."""

    def read(answer: requests.Response) -> tuple[int, int | None]:
        found = answer.json()["error"]
        return found["code"], found.get("error_subcode")

    return read
