"""Apps as these tests need them."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.people.post_office import PostOffice, opened
from tests.support import MakeApp


@pytest.fixture
def make_open(make_app: MakeApp) -> Flask:
    """An app that lets everybody sign up."""
    return make_app(SIGNUPS="open")


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """A running mail server."""
    with opened() as office:
        yield office


@pytest.fixture
def mail_url(post_office: PostOffice) -> str:
    """What MAIL_URL is for it."""
    return post_office.url
