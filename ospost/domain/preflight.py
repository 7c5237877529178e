"""What can be told of a post before its time: its account, the limits of the day, its files.

Pure: rows and readings come in as values. Nothing here stops a post from being saved; what does is
in `captions` and `media_rules`. Every sentence is true of a planned post, of a draft, of one that
is over, and of a form that nobody has saved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpers import plural
from ospost.domain import captions
from ospost.domain.findings import Finding, Severity
from ospost.domain.media_rules import Crop, check_image
from ospost.domain.quota import CONTAINERS_A_DAY, SMALLEST_DOCUMENTED, Load
from ospost.domain.schedule import on_wall, wall_label

SIGN_IN = "Open the Instagram account and sign in again; its posts keep their times."


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture of a post as it will be sent."""

    width: int
    height: int
    crop: str
    alt_text: str


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What is known of the right to publish to an account."""

    login: str
    is_lost: bool  # needs its person to sign in
    is_paused: bool
    missing: tuple[str, ...]  # permissions that publishing needs and that were not given
    token_expires_at: datetime | None
    data_access_expires_at: datetime | None


def check_words(caption: str, first_comment: str) -> list[Finding]:
    """Say what Instagram refuses, or may refuse, in the words of a post."""
    return [*captions.check(caption), *captions.check_first_comment(first_comment)]


def check_pictures(pictures: Sequence[Picture]) -> list[Finding]:
    """Say what Instagram refuses, or may refuse, in the pictures of a post."""
    if not pictures:
        return [
            Finding(
                field="media", severity=Severity.BLOCK, message="There is no photo to post yet."
            )
        ]
    found: list[Finding] = []
    for picture in pictures:
        crop = Crop.parse(picture.crop) if picture.crop else None
        found += check_image(width=picture.width, height=picture.height, crop=crop)
        found += captions.check_alt_text(picture.alt_text)
    return found


def check_connection(connection: Connection, *, due_at: datetime, zone: str) -> list[Finding]:
    """Say what stands between the account and a post at *due_at*: sign-in, permissions, dates.

    A living token of Instagram Login is renewed while it lasts, a Page token of Facebook Login
    does not expire by itself; what does end is the consent to read data, after 90 days without a
    sign-in.
    """
    if connection.is_lost:
        message = (
            "The connection to Instagram has ended. Sign in again, so that this post can go out."
        )
        return [_account(message, SIGN_IN, needs_person=True)]
    found = []
    if connection.missing:
        names = ", ".join(connection.missing)
        message = f"A permission that publishing needs was not given: {names}."
        remedy = "Sign in again and leave every box of Meta's dialog ticked."
        found.append(_account(message, remedy, needs_person=True))
    if connection.is_paused:
        message = "This Instagram account is stopped, so nothing goes out."
        found.append(_account(message, "Press “Go on”, so that this post can go out."))
    ends = [connection.data_access_expires_at]
    if connection.login == "facebook":
        ends.append(connection.token_expires_at)
    first = min((end for end in ends if end is not None), default=None)
    if first is not None and first < due_at:
        day = wall_label(on_wall(first, zone)).partition(",")[0]
        message = (
            f"The connection ends on {day}, before the time of this post, and Instagram renews it only"
            " when you sign in. Sign in once more until then."
        )
        found.append(_account(message, SIGN_IN, needs_person=True))
    return found


def check_limit(
    load: Load, *, total: int | None, due_at: datetime, grace: timedelta, zone: str
) -> list[Finding]:
    """Say what becomes of a post for which the rolling day may have no room."""
    if total is None:
        return _unknown_limit(load)
    if load.count < total:
        return []
    message = (
        f"{_parts(load)} before this post in the 24 hours until its time; Instagram allows"
        f" {total:,} for this account."
    )
    if load.opens_at is not None and load.opens_at <= due_at + grace:
        when = wall_label(on_wall(_minute(load.opens_at), zone))
        message += f" At that time it would have to wait, and go out by {when}."
        return [_limit(message, "Give it another time if that is too late.")]
    message += " It would wait longer than this account allows, and be missed."
    return [_limit(message, "Choose a time with fewer posts around it.", needs_person=True)]


def check_containers(posts: int, *, each: int, tests: int) -> list[Finding]:
    """Say that preparing so many *posts* of *each* containers in one day may be refused."""
    count = posts * each + tests
    if count <= CONTAINERS_A_DAY:
        return []
    message = (
        f"{count:,} preparations (one for each photo) fall into these 24 hours; Instagram takes"
        f" {CONTAINERS_A_DAY}."
    )
    return [
        Finding(
            field="containers",
            severity=Severity.WARN,
            message=message,
            remedy="Choose a time with fewer posts around it.",
        )
    ]


def _unknown_limit(load: Load) -> list[Finding]:
    if load.count < SMALLEST_DOCUMENTED:
        return []
    message = (
        f"{_parts(load)} before this post in the 24 hours until its time. How many Instagram"
        " allows for this account is not known yet; its pages name 100 in one place and"
        f" {SMALLEST_DOCUMENTED} in others."
    )
    return [_limit(message, "Open the Instagram account; its limit is read then.")]


def _parts(load: Load) -> str:
    parts = (
        (load.live, "live"),
        (load.planned, "planned"),
        (load.elsewhere, "from outside Ospost"),
    )
    told = [f"{count:,} {name}" for count, name in parts if count]
    words = f" ({', '.join(told)})" if told else ""
    return f"{plural(load.count, 'post')}{words} {'counts' if load.count == 1 else 'count'}"


def _minute(moment: datetime) -> datetime:
    """Round up to the whole minute: a promise is not broken by seconds."""
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(minutes=1)


def _account(message: str, remedy: str, *, needs_person: bool = False) -> Finding:
    return Finding(
        field="account",
        severity=Severity.WARN,
        message=message,
        remedy=remedy,
        needs_person=needs_person,
    )


def _limit(message: str, remedy: str, *, needs_person: bool = False) -> Finding:
    return Finding(
        field="limit",
        severity=Severity.WARN,
        message=message,
        remedy=remedy,
        needs_person=needs_person,
    )
