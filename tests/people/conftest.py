"""Apps as these tests need them."""

import pytest
from flask import Flask

from tests.support import MakeApp


@pytest.fixture
def make_open(make_app: MakeApp) -> Flask:
    """An app that lets everybody sign up."""
    return make_app(SIGNUPS="open")
