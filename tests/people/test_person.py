"""The person's own page: details, a confirmed address, the mails behind it."""

import re
from email.message import Message

import pytest
from flask.testing import FlaskClient

from ospost.mail.smtp import BadMailAddress, Mail, MailError
from sandbox.world import World
from tests.people.helping import JSON, by_facebook, me, send, token
from tests.people.post_office import PostOffice
from tests.support import MakeApp, choose_all


@pytest.fixture
def person(make_app: MakeApp, mail_url: str, world: World) -> FlaskClient:
    client = make_app(MAIL_URL=mail_url, MAIL_FROM="ospost@example.org").test_client()
    by_facebook(client, world)
    choose_all(client)
    return client


def link_in(mail: Message) -> str:
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    found = re.search(r"http://localhost:5000(/account/confirm/\S+)", text.decode())
    assert found
    return found.group(1)


def test_details_are_kept(signed_in: FlaskClient) -> None:
    fields = {"name": "Ada M.", "timezone": "Europe/Berlin", "language": "en", "email": ""}

    assert send(signed_in, "/account", **fields).status_code == 303

    told = me(signed_in)
    assert {key: told[key] for key in fields} == fields


@pytest.mark.parametrize(
    ("fields", "field_"),
    [
        ({"timezone": "X"}, "timezone"),
        ({"email": "no address"}, "email"),
        ({"email": "a@b\r\nBcc: c@d.example"}, "email"),
        ({"email": "<ada@example.org>"}, "email"),
        ({"email": "ada@localhost"}, "email"),
        ({"language": "tlh"}, "language"),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_wrong_details_are_told_at_their_field_and_nothing_is_stored(
    fields: dict[str, str], field_: str, signed_in: FlaskClient
) -> None:
    before = me(signed_in)

    page = send(signed_in, "/account", **{"name": "New name", **fields})
    problem = send(signed_in, "/account", json=True, **{"name": "New name", **fields})

    assert page.status_code == 422 and f'id="{field_}-error"' in page.text
    assert [error["field"] for error in problem.get_json()["errors"]] == [field_]
    assert me(signed_in) == before


def test_without_a_mail_server_the_page_says_so(signed_in: FlaskClient) -> None:
    assert "cannot send e-mails" in signed_in.get("/account").text

    send(signed_in, "/account", email="ada@example.org")

    assert "not confirmed" in signed_in.get("/account").text
    assert me(signed_in)["email"] == "ada@example.org"


def test_a_new_address_is_confirmed_by_a_link(person: FlaskClient, post_office: PostOffice) -> None:
    send(person, "/account", email="ada@example.org")

    [mail] = post_office.mails
    assert mail["To"] == "ada@example.org" and mail["From"] == "ospost@example.org"
    assert me(person)["email_confirmed"] is False
    other = person.application.test_client()
    assert other.get(link_in(mail)).status_code == 200
    assert me(person)["email_confirmed"] is True


def test_a_link_counts_only_for_the_address_that_it_was_sent_to(
    person: FlaskClient, post_office: PostOffice
) -> None:
    send(person, "/account", email="ada@example.org")
    send(person, "/account", email="other@example.org")

    old, new = (link_in(mail) for mail in post_office.mails)

    assert person.get(old).status_code == 404
    assert me(person)["email_confirmed"] is False
    assert person.get(new).status_code == 200


@pytest.mark.parametrize(
    "link", ["/account/confirm/", "/account/confirm/x", "/account/confirm/a.b.c"]
)
def test_a_forged_link_confirms_nothing(link: str, person: FlaskClient) -> None:
    assert person.get(link).status_code == 404


def test_the_link_is_sent_once_more_on_demand_but_not_for_ever(
    person: FlaskClient, post_office: PostOffice
) -> None:
    send(person, "/account", email="ada@example.org")

    codes = [send(person, "/account/email").status_code for _ in range(6)]

    assert codes == [303] * 5 + [429]
    assert len(post_office.mails) == 6


def test_an_address_that_stays_the_same_stays_confirmed(
    person: FlaskClient, post_office: PostOffice
) -> None:
    send(person, "/account", email="ada@example.org")
    person.get(link_in(post_office.mails[0]))

    send(person, "/account", email="ada@example.org", name="Ada")

    assert me(person)["email_confirmed"] is True and len(post_office.mails) == 1


def test_a_mail_server_that_refuses_keeps_the_address_and_says_so(
    person: FlaskClient, post_office: PostOffice
) -> None:
    post_office.refuses = True

    answer = send(person, "/account", email="ada@example.org")

    assert answer.status_code == 303
    assert "saved but not confirmed" in person.get("/account").text


def test_sending_a_link_without_an_address(person: FlaskClient) -> None:
    answer = person.post("/account/email", data={"csrf_token": token(person)}, headers=JSON)

    assert answer.get_json()["errors"][0]["field"] == "email"


def test_mail_signs_in_at_the_server(mail_url: str, post_office: PostOffice) -> None:
    Mail.from_url(mail_url).send("a@example.org", subject="Hä\nllo", text="Grüße")

    assert post_office.mails[0]["Auto-Submitted"] == "auto-generated"

    wrong = mail_url.replace("p%40ss", "wrong")
    with pytest.raises(MailError) as error:
        Mail.from_url(wrong).send("a@example.org", subject="x", text="y")
    assert "wrong" not in str(error.value)


def test_mail_without_a_server() -> None:
    with pytest.raises(MailError):
        Mail.from_url("smtp://127.0.0.1:1").send("a@example.org", subject="x", text="y")


@pytest.mark.parametrize("url", ["http://x", "smtp://", "mail.example.org"])
def test_a_mail_url_that_cannot_work(url: str) -> None:
    with pytest.raises(BadMailAddress):
        Mail.from_url(url)


def test_the_password_of_the_mail_server_is_not_printed() -> None:
    assert "p@ss" not in repr(Mail.from_url("smtp://ada:p%40ss@mail.example.org"))
