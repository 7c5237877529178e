"""The privacy policy, which anybody may read."""

from flask.testing import FlaskClient

from tests.people.helping import JSON
from tests.support import MakeApp


def test_it_names_the_operator_and_how_to_delete_everything(make_app: MakeApp) -> None:
    client = make_app(OPERATOR_NAME="Ada & Co", OPERATOR_CONTACT="ada@example.org").test_client()

    answer = client.get("/privacy")

    assert answer.status_code == 200
    assert "Ada &amp; Co runs this server" in answer.text and "ada@example.org" in answer.text
    assert 'href="/account/delete"' in answer.text
    assert "Last changed" in answer.text and 'href="#rights"' in answer.text
    assert client.get("/privacy", headers=JSON).get_json()["operator"] == "Ada & Co"


def test_without_an_operator_it_says_which_settings_are_missing(client: FlaskClient) -> None:
    assert "OPERATOR_NAME" in client.get("/privacy").text


def test_every_page_leads_to_it(client: FlaskClient, signed_in: FlaskClient) -> None:
    for page in (client.get("/nowhere"), signed_in.get("/"), signed_in.get("/account")):
        assert 'href="/privacy"' in page.text
