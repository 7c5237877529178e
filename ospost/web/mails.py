"""Sending the link that confirms a person's address, from whichever page asks for it."""

from flask import flash, url_for
from flask_login import current_user

from models import db
from ospost.errors import Unavailable
from ospost.runtime import runtime
from ospost.services import mailing, people
from ospost.web.limits import MAILS, by_person, limiter


def send_confirmation() -> None:
    """Mail the link and say so; what was saved stays saved when the mail cannot go out.

    Raises RateLimitExceeded after six mails in an hour.
    """
    here = runtime()
    user = people.person(db.session(), current_user.id)
    try:
        with limiter.shared_limit(MAILS, scope="confirmation", key_func=by_person):
            mailing.ask(
                user,
                mail=here.mail,
                secret_key=here.secret_key,
                confirm_url=here.app_url + url_for("person.confirm_email", token=""),
            )
    except Unavailable as error:
        flash(f"Your address is saved but not confirmed. {error.sentence}", "warn")
    else:
        flash(f"A link to confirm your address went to {user.email}.", "ok")
