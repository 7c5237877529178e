"""What Instagram is asked about an account itself, behind the pages: its limit, a test container.

`Account.ask_at` makes a row due, and is its lease while somebody asks: the moment that a claim
wrote there is the fence of whatever follows. A test makes a container from a test photo, waits for
it by a later `ask_at`, and never publishes it.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Account, Media
from ospost import logs
from ospost.domain.account_tests import (
    FAILED,
    MOST_TRIES,
    OK,
    TESTING,
    UNCLEAR,
    fault_in_words,
    has_ended,
)
from ospost.domain.meta_codes import Known, container_subcode, lookup
from ospost.domain.pace import poll_at, retry_at
from ospost.domain.reactions import BEFORE_INTENT, NEEDS_RECONNECT, Reaction
from ospost.errors import Invalid
from ospost.graph.client import ContainerCode, ContainerStatus
from ospost.graph.errors import GraphError, Refused
from ospost.imaging.values import Purpose
from ospost.services import expiry, quota
from ospost.services.database import writing
from ospost.services.links import media_path
from ospost.services.publishing import doubting
from ospost.services.publishing.tools import Tools
from ospost.services.renditions import find_or_make, recipe_for

logger = logging.getLogger(__name__)

LINK_LIFE = timedelta(hours=1)
TRY_AGAIN = "Press “Test” again in a few minutes."


@dataclass(frozen=True, kw_only=True)
class Question:
    """One claimed account."""

    account_id: int
    ig_id: str
    login: str
    token_sealed: str
    needs_reconnect: bool
    throttled_until: datetime | None
    tested_at: datetime | None
    test: dict[str, Any]
    wanted_at: datetime  # when it was due before the claim
    lease_end: datetime

    @property
    def is_test(self) -> bool:
        """Whether a test is under way."""
        return self.test.get("state") == TESTING


def claim(
    session: Session, *, most: int, horizon: datetime, now: datetime, lease: timedelta
) -> list[Question]:
    """Take accounts that are to be asked about by *horizon*."""
    due = Account.ask_at <= horizon
    if most <= 0 or session.scalar(select(Account.id).where(due).limit(1)) is None:
        return []
    lease_end = now + lease
    wanted = select(Account.id, Account.ask_at).where(due).order_by(Account.ask_at).limit(most)
    with writing(session, beside=True):
        found = session.execute(wanted.with_for_update(skip_locked=True)).all()
        moments = {row.id: row.ask_at for row in found}
        rows = session.scalars(
            update(Account)
            .where(Account.id.in_(moments))
            .values(ask_at=lease_end)
            .returning(Account)
            .execution_options(synchronize_session=False, populate_existing=True)
        ).all()
        return [_question(row, moments[row.id], lease_end) for row in rows]


def _question(row: Account, wanted_at: datetime, lease_end: datetime) -> Question:
    return Question(
        account_id=row.id,
        ig_id=row.ig_id,
        login=row.login,
        token_sealed=row.token_sealed,
        needs_reconnect=row.needs_reconnect,
        throttled_until=row.throttled_until,
        tested_at=row.tested_at,
        test=dict(row.test_outcome or {}),
        wanted_at=wanted_at,
        lease_end=lease_end,
    )


def run(tools: Tools, session: Session, question: Question) -> None:
    """Ask once, and write down what came and when to ask again, if at all."""
    with logs.about(step="ask", account=question.account_id):
        try:
            if question.is_test:
                _test(tools, session, question)
            else:
                _read_limit(tools, session, question)
        except Exception as error:  # noqa: BLE001  else its lease would end, again and again
            session.rollback()
            _put_off(tools, session, question, error)
    tools.reached("asked")


def _put_off(tools: Tools, session: Session, question: Question, error: Exception) -> None:
    """A fault of ours: tell of it once, ask ever more rarely, and end a test after a few tries."""
    before = question.test.get("fault") or {}
    tries = int(before.get("tries", 0)) + 1
    reference = str(before.get("reference") or secrets.token_hex(4))
    if tries == 1:
        fields = {"reference": reference}
        logger.error("an account could not be asked", exc_info=error, extra=fields)
    if question.is_test and tries >= MOST_TRIES:
        _end(tools, session, question, UNCLEAR, _said(fault_in_words(reference), TRY_AGAIN))
        return
    fault = {"tries": tries, "reference": reference}
    now = tools.now()
    at = retry_at(tries, due_at=now, now=now, timings=tools.timings, spread=tools.spread())
    _go_on(session, question, {**question.test, "fault": fault}, ask_at=at)


def _read_limit(tools: Tools, session: Session, question: Question) -> None:
    """Read the limit for whoever looks at the account; what fails is asked when they look again."""
    now = tools.now()
    must_wait = question.throttled_until is not None and question.throttled_until > now
    limit = None
    if not question.needs_reconnect and not must_wait:
        try:
            limit = tools.graph.publishing_limit(tools.access(question))
        except Refused as error:
            if not doubting.is_doubtful(tools, question, error):
                _mark(session, question, error.known, now)
        except GraphError:
            limit = None
    with writing(session, beside=True):
        if limit is not None:
            quota.keep(session, question.account_id, limit, now=tools.now())
        test = {name: value for name, value in question.test.items() if name != "fault"}
        _save(session, question, ask_at=None, test_outcome=test or None)


def _test(tools: Tools, session: Session, question: Question) -> None:
    if question.tested_at is None or has_ended(question.tested_at, tools.now()):
        _end(
            tools, session, question, UNCLEAR, _said("The test did not come to an end.", TRY_AGAIN)
        )
        return
    try:
        if question.test.get("container"):
            _poll(tools, session, question)
        else:
            _create(tools, session, question)
    except Refused as error:
        _refused(tools, session, question, error)
    except GraphError as error:
        _again(tools, session, question, _said(error.sentence, TRY_AGAIN))


def _create(tools: Tools, session: Session, question: Question) -> None:
    """Have Instagram fetch the test photo. Done twice after a crash, it leaves one unseen orphan."""
    access = tools.access(question)
    media = session.get(Media, question.test.get("media_id"))
    try:
        if media is None:
            raise Invalid(("media", "The test photo is gone."))
        rendition = find_or_make(
            session,
            storage=tools.storage,
            workshop=tools.workshop,
            media=media,
            recipe=recipe_for(Purpose.INSTAGRAM),
            now=tools.now(),
        )
    except Invalid as error:
        _end(tools, session, question, UNCLEAR, _said(error.sentence, TRY_AGAIN))
        return
    path = media_path(tools.secret_key, rendition.id, expires_at=tools.now() + LINK_LIFE)
    session.rollback()  # nothing is open while Meta fetches the picture
    made = tools.graph.create_image_container(
        access, image_url=f"{tools.media_url}{path}", caption=""
    )
    tools.reached("test_container_made")
    now = tools.now()
    test = {**question.test, "container": made, "made_at": now.isoformat()}
    _go_on(session, question, test, ask_at=now + tools.timings.first_poll)


def _poll(tools: Tools, session: Session, question: Question) -> None:
    status = tools.graph.container_status(tools.access(question), question.test["container"])
    tools.reached("test_polled")
    now = tools.now()
    if status.code is ContainerCode.FINISHED:
        _end(tools, session, question, OK, {"host": urlsplit(tools.media_url).netloc})
    elif status.code in (ContainerCode.ERROR, ContainerCode.EXPIRED):
        _end(tools, session, question, FAILED, _of_status(status))
    else:
        made_at = datetime.fromisoformat(question.test["made_at"])
        at = poll_at(made_at, due_at=now + LINK_LIFE, now=now, timings=tools.timings)
        _go_on(session, question, question.test, ask_at=at)


def _refused(tools: Tools, session: Session, question: Question, error: Refused) -> None:
    known = error.known
    outcome = _said(known.sentence, known.remedy) | {
        "code": error.code,
        "subcode": error.subcode,
        "fbtrace_id": error.fbtrace_id or "",
        "details": error.raw(),
    }
    is_doubtful = doubting.is_doubtful(tools, question, error)
    if is_doubtful or BEFORE_INTENT[known.kind] is Reaction.WAIT:
        _again(tools, session, question, outcome)
        return
    _mark(session, question, known, tools.now())
    _end(tools, session, question, FAILED, outcome)


def _of_status(status: ContainerStatus) -> dict[str, Any]:
    subcode = status.subcode or container_subcode(status.text)
    known = lookup(None, subcode, status.text)
    details = {"status": status.code.value, "text": status.text}
    return _said(known.sentence, known.remedy) | {"subcode": subcode, "details": details}


def _said(sentence: str, remedy: str) -> dict[str, Any]:
    return {"sentence": sentence, "remedy": remedy}


def _mark(session: Session, question: Question, known: Known, now: datetime) -> None:
    """Note that the connection is lost and tell its people, unless somebody has just renewed it."""
    if known.kind not in NEEDS_RECONNECT:
        return
    with writing(session):
        account = session.get(Account, question.account_id, populate_existing=True)
        if account is not None and account.token_sealed == question.token_sealed:
            expiry.lost(session, account, known.sentence, now=now)


def _again(tools: Tools, session: Session, question: Question, outcome: dict[str, Any]) -> None:
    """Try the same step once more, a few times; then say that it stays open."""
    tries = int(question.test.get("tries", 0)) + 1
    if tries >= MOST_TRIES:
        _end(tools, session, question, UNCLEAR, outcome)
        return
    at = tools.now() + tools.timings.first_retry
    _go_on(session, question, {**question.test, "tries": tries}, ask_at=at)


def _go_on(session: Session, question: Question, test: dict[str, Any], *, ask_at: datetime) -> None:
    with writing(session, beside=True):
        _save(session, question, ask_at=ask_at, test_outcome=test)


def _end(
    tools: Tools, session: Session, question: Question, state: str, outcome: dict[str, Any]
) -> None:
    """Write the outcome down; the limit is read behind it, since somebody looks at the account."""
    now = tools.now()
    ended = {**outcome, "state": state, "ended_at": now.isoformat()}
    with writing(session, beside=True):
        _save(session, question, ask_at=now, test_outcome=ended)


def _save(session: Session, question: Question, **values: Any) -> None:
    """Write, if nobody took the account over since the claim; call inside `writing`."""
    session.execute(
        update(Account)
        .where(Account.id == question.account_id, Account.ask_at == question.lease_end)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
