"""Proof from outside: clients that were written for Meta work against the sandbox."""

import warnings
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from facebook_business.adobjects.igmedia import IGMedia
    from facebook_business.adobjects.iguser import IGUser
    from facebook_business.adobjects.shadowigmediabuilder import ShadowIGMediaBuilder
    from facebook_business.adobjects.user import User
    from facebook_business.api import FacebookAdsApi
    from facebook_business.exceptions import FacebookRequestError
    from facebook_business.session import FacebookSession
    from pyfacebook import FacebookError, GraphAPI, IGBusinessApi

APP, SECRET = "100000000000001", "sandbox-facebook-secret"
SCOPES = [
    "instagram_basic",
    "instagram_content_publish",
    "pages_show_list",
    "pages_read_engagement",
    "instagram_manage_comments",
]
CALLBACK = "https://localhost/"


@pytest.fixture
def sdk(meta):
    """Meta's Business SDK, signed in as Ada, with its host replaced."""

    def make(token):
        session = FacebookSession(APP, SECRET, token)
        session.GRAPH = f"{meta.base}/graph.facebook.com"
        return FacebookAdsApi(session)

    return make


@pytest.fixture
def authorized(meta):
    """python-facebook, through the whole sign-in."""
    graph = f"{meta.base}/graph.facebook.com"
    api = GraphAPI(
        app_id=APP,
        app_secret=SECRET,
        oauth_flow=True,
        base_url=f"{graph}/",
        authorization_url=f"{meta.base}/www.facebook.com/dialog/oauth",
        access_token_url=f"{graph}/oauth/access_token",
        redirect_uri=CALLBACK,
        scope=SCOPES,
    )
    address, _ = api.get_authorization_url()
    answer = requests.post(address, data={"action": "continue"}, allow_redirects=False, timeout=5)
    place = answer.headers["Location"].split("#")[0]
    assert "code" in parse_qs(urlsplit(place).query)
    return api, place


@pytest.fixture(autouse=True)
def insecure_transport(monkeypatch):
    """oauthlib wants https even on loopback."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")


def test_metas_sdk_finds_publishes_and_reads_back(meta, sdk):
    api = sdk(meta.user_token(scope=",".join(SCOPES)))
    fields = ["name", "access_token", "instagram_business_account"]
    pages = list(User("me", api=api).get_accounts(fields=fields, params={"limit": 2}))
    clay = next(page for page in pages if page["name"] == "Clay Studio")

    api = sdk(clay["access_token"])
    account = IGUser(clay["instagram_business_account"]["id"], api=api)
    wanted = {"image_url": meta.pictures.url(), "caption": "From Meta's SDK #clay"}
    container = account.create_media(params=wanted)
    state = ShadowIGMediaBuilder(container["id"], api=api).api_get(fields=["status_code"])
    media = account.create_media_publish(params={"creation_id": container["id"]})
    read = IGMedia(media["id"], api=api).api_get(fields=["caption", "permalink", "timestamp"])

    assert len(pages) == 3
    assert state["status_code"] == "FINISHED"
    assert read["caption"] == "From Meta's SDK #clay"
    assert [m["id"] for m in account.get_media(fields=["id"])] == [media["id"]]
    (limit,) = account.get_content_publishing_limit(fields=["quota_usage", "config"])
    assert limit["quota_usage"] == 1
    assert limit["config"]["quota_total"] == 50


def test_metas_sdk_publishes_a_carousel_and_comments(meta, sdk):
    api = sdk(meta.page_token(scope=",".join(SCOPES)))
    account = IGUser("17841400000000001", api=api)
    item = {"image_url": meta.pictures.url(), "is_carousel_item": True}
    children = [account.create_media(params=item)["id"] for _ in range(2)]

    parent = account.create_media(params={"media_type": "CAROUSEL", "children": children})
    media = account.create_media_publish(params={"creation_id": parent["id"]})
    post = IGMedia(media["id"], api=api)
    post.create_comment(params={"message": "First"})

    assert len(list(post.get_children(fields=["id"]))) == 2
    assert [c["text"] for c in post.get_comments(fields=["text"])] == ["First"]


def test_metas_sdk_reads_refusals(meta, sdk):
    account = IGUser("17841400000000001", api=sdk(meta.page_token()))

    with pytest.raises(FacebookRequestError) as caught:
        account.create_media_publish(params={"creation_id": "17900000000000000"})

    assert caught.value.api_error_code() == 24
    assert caught.value.api_error_subcode() == 2207008
    assert caught.value.http_status() == 400


def test_python_facebook_signs_in_publishes_and_reads_back(meta, authorized):
    api, place = authorized
    api.exchange_user_access_token(response=place)
    long = api.exchange_long_lived_user_access_token()["access_token"]
    assert api.debug_token(long, f"{APP}|{SECRET}")["data"]["is_valid"] is True
    api.access_token = long
    pages = api.get_full_connections(
        "me", "accounts", count=None, limit=2, fields="name,access_token,instagram_business_account"
    )["data"]
    clay = next(page for page in pages if page["name"] == "Clay Studio")
    account_id = clay["instagram_business_account"]["id"]
    business = IGBusinessApi(
        app_id=APP,
        app_secret=SECRET,
        access_token=clay["access_token"],
        base_url=f"{meta.base}/graph.facebook.com/",
        instagram_business_id=account_id,
        version="v26.0",
    )

    wanted = {"image_url": meta.pictures.url(), "caption": "From python-facebook"}
    container = business.post_object(account_id, "media", data=wanted)["id"]
    state = business.container.get_info(container)
    media = business.post_object(account_id, "media_publish", data={"creation_id": container})["id"]

    assert len(pages) == 3
    assert state.status_code == "FINISHED"
    assert business.user.get_info().username == "clay.studio"
    assert business.media.get_info(media).caption == "From python-facebook"
    assert [m.id for m in business.user.get_media().data] == [media]
    assert business.user.get_content_publishing_limit().data[0].quota_usage == 1
    assert business.container.get_batch([container])[container].status_code == "PUBLISHED"


def test_python_facebook_reads_refusals(meta):
    api = GraphAPI(
        app_id=APP,
        app_secret=SECRET,
        access_token=meta.user_token(),
        base_url=f"{meta.base}/graph.facebook.com/",
    )

    with pytest.raises(FacebookError) as caught:
        api.get_object("17841400000000001", fields="shoe_size")

    assert caught.value.code == 100
