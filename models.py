"""Every table of Ospost.

Columns, relationships, indexes, properties about the row itself. Rules live in `ospost.domain`,
queries in `ospost.services`. Moments are aware UTC; ids that a person can see are random.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from helpers import new_id
from ospost.domain.states import MOVABLE, Kind, State

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment: refuses naive values and puts UTC back where SQLite forgets it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
BigId = BigInteger().with_variant(Integer, "sqlite")
"""Random ids need 52 bits; SQLite's INTEGER has them, and counts up only under that name."""


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Index only the rows that match *where*, on either database."""
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


class Base(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        int: BigId,
        dict[str, Any]: Json,
        list[Any]: Json,
    }


# Flask-SQLAlchemy 3.1 cannot take a Base with a type_annotation_map as model_class.
db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


class Instance(Base):
    """Facts about this database itself: its world (sandbox or meta), its publish batches."""

    __tablename__ = "instance"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Node(Base):
    """One process that publishes; beaten every five seconds."""

    __tablename__ = "node"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    host: Mapped[str] = mapped_column(String(120))
    pid: Mapped[int]
    version: Mapped[str] = mapped_column(String(40))
    beat_at: Mapped[datetime]


class User(Base):
    """A person who signed in with Facebook or with Instagram."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200), default="")
    is_owner: Mapped[bool] = mapped_column(default=False)
    email: Mapped[str] = mapped_column(String(254), default="")
    email_confirmed_at: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(String(10), default="en")
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    mail_notices: Mapped[bool] = mapped_column(default=True, server_default=true())
    muted_kinds: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    digest: Mapped[bool] = mapped_column(default=False, server_default=false())
    digest_hour: Mapped[int] = mapped_column(default=8, server_default="8")  # in their zone
    digest_sent_at: Mapped[datetime | None]
    welcomed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    identities: Mapped[list["Identity"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )


class Identity(Base):
    """One way in which a person signs in, with the long-lived token that it gave (sealed)."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("login", "subject"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    login: Mapped[str] = mapped_column(String(10))  # facebook, instagram
    subject: Mapped[str] = mapped_column(String(64))  # app-scoped id
    name: Mapped[str] = mapped_column(String(200), default="")
    token_sealed: Mapped[str] = mapped_column(Text, default="")
    token_expires_at: Mapped[datetime | None]
    data_access_expires_at: Mapped[datetime | None]
    granted: Mapped[list[Any]] = mapped_column(default=list)
    declined: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    renewed_at: Mapped[datetime]
    look_at: Mapped[datetime | None]  # when its token is looked at next; None: a day after renewal
    trouble: Mapped[str] = mapped_column(Text, default="", server_default="")  # of the last look

    user: Mapped[User] = relationship(back_populates="identities")


class LoginSession(Base):
    """A signed-in browser; the cookie holds the secret whose SHA-256 is here."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    secret_digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OAuthAttempt(Base):
    """One departure to Meta's dialog; its state may come back once, to the same browser."""

    __tablename__ = "oauth_attempt"

    state_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser_digest: Mapped[str] = mapped_column(String(64))
    login: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    invitation_id: Mapped[int | None] = mapped_column(
        ForeignKey("invitation.id", ondelete="CASCADE")
    )
    made_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class Invitation(Base):
    """A single-use link that lets another person in, and may share a named account."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    secret_digest: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    made_by: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    revoked_at: Mapped[datetime | None]

    account: Mapped["Account | None"] = relationship()
    host: Mapped[User] = relationship(foreign_keys=made_by)


class FoundAccount(Base):
    """An account that a sign-in found and that its person has not yet chosen or refused."""

    __tablename__ = "found_account"
    __table_args__ = (UniqueConstraint("user_id", "login", "found_key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id", ondelete="CASCADE"))
    login: Mapped[str] = mapped_column(String(10))
    found_key: Mapped[str] = mapped_column(String(80))  # ig_id, or page:<id> without an account
    ig_id: Mapped[str] = mapped_column(String(64), default="")
    app_scoped_id: Mapped[str] = mapped_column(String(64), default="")
    username: Mapped[str] = mapped_column(String(64), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    page_id: Mapped[str] = mapped_column(String(64), default="")
    page_name: Mapped[str] = mapped_column(String(200), default="")
    problem: Mapped[str] = mapped_column(String(40), default="")  # no_account, no_publish_task
    token_sealed: Mapped[str] = mapped_column(Text, default="")
    token_expires_at: Mapped[datetime | None]
    found_at: Mapped[datetime]
    renewed_at: Mapped[datetime | None]


class Account(Base):
    """One Instagram professional account that people of this instance publish to."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    ig_id: Mapped[str] = mapped_column(String(64), unique=True)
    app_scoped_id: Mapped[str] = mapped_column(String(64), default="")
    username: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200), default="")
    login: Mapped[str] = mapped_column(String(10))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id", ondelete="SET NULL"))
    page_id: Mapped[str] = mapped_column(String(64), default="")
    page_name: Mapped[str] = mapped_column(String(200), default="")
    token_sealed: Mapped[str] = mapped_column(Text, default="")
    token_expires_at: Mapped[datetime | None]
    data_access_expires_at: Mapped[datetime | None]
    granted: Mapped[list[Any]] = mapped_column(default=list)
    declined: Mapped[list[Any]] = mapped_column(default=list)
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    timezone_confirmed_at: Mapped[datetime | None]
    needs_reconnect: Mapped[bool] = mapped_column(default=False)
    trouble: Mapped[str] = mapped_column(Text, default="")  # a sentence for the person
    trouble_at: Mapped[datetime | None]
    grace_seconds: Mapped[int | None]  # None: the instance's MISSED_AFTER_SECONDS
    late_policy: Mapped[str] = mapped_column(
        String(10), default="publish", server_default="publish"
    )  # of a post that is late, inside the grace: publish, or ask a person first
    backlog_gap_seconds: Mapped[int | None]  # between long overdue posts; None: the machine's
    keep_originals_days: Mapped[int | None]  # after publishing; None: for ever
    rehearse: Mapped[bool] = mapped_column(default=False)
    paused_at: Mapped[datetime | None]
    quota_used: Mapped[int | None]
    quota_total: Mapped[int | None]
    quota_read_at: Mapped[datetime | None]
    quota_seconds: Mapped[int | None]  # the window that the limit counts in
    tested_at: Mapped[datetime | None]  # when a test container was last asked for
    test_outcome: Mapped[dict[str, Any] | None]
    ask_at: Mapped[datetime | None] = mapped_column(index=True)  # next question: limit, test
    throttled_until: Mapped[datetime | None]
    throttle_count: Mapped[int] = mapped_column(default=0)
    connected_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Membership(Base):
    """A person may publish to an account."""

    __tablename__ = "membership"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(20), default="publisher")
    created_at: Mapped[datetime]


class Media(Base):
    """One uploaded original, kept untouched, with its facts."""

    __tablename__ = "media"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    storage_key: Mapped[str] = mapped_column(String(200), unique=True)
    file_name: Mapped[str] = mapped_column(String(200), default="")
    format: Mapped[str] = mapped_column(String(10))
    byte_size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]  # upright, after the orientation of the file
    height: Mapped[int]
    created_at: Mapped[datetime]
    original_dropped_at: Mapped[datetime | None]  # by the account's retention; renditions may stay

    renditions: Mapped[list["Rendition"]] = relationship(
        back_populates="media", cascade="all, delete-orphan", passive_deletes=True
    )


class Rendition(Base):
    """A derived file, named by the hash of its recipe."""

    __tablename__ = "rendition"
    __table_args__ = (UniqueConstraint("media_id", "recipe"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"), index=True)
    recipe: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(20))
    storage_key: Mapped[str] = mapped_column(String(200), unique=True)
    byte_size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime]

    media: Mapped[Media] = relationship(back_populates="renditions")


class Post(Base):
    """What a person composes."""

    __tablename__ = "post"
    __table_args__ = (
        Index("ix_post_account_due", "account_id", "due_at"),
        Index("ix_post_user_due", "user_id", "due_at"),
        partial_index("ix_post_removed_at", "removed_at", where="removed_at IS NOT NULL"),
        UniqueConstraint("user_id", "form_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10), default=Kind.IMAGE.value)
    caption: Mapped[str] = mapped_column(Text, default="")
    first_comment: Mapped[str] = mapped_column(Text, default="")
    due_at: Mapped[datetime | None]
    wall_time: Mapped[str] = mapped_column(String(19), default="")  # as typed, ISO, no zone
    zone: Mapped[str] = mapped_column(String(64), default="")
    fold: Mapped[int] = mapped_column(default=0)
    form_id: Mapped[str | None] = mapped_column(String(64))  # of the form that made it, if any
    checked_at: Mapped[datetime | None]  # when its last check was made
    findings: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()
    slides: Mapped[list["Slide"]] = relationship(
        back_populates="post",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="Slide.no",
    )
    publications: Mapped[list["Publication"]] = relationship(
        back_populates="post",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="Publication.frame_no",
    )


class Slide(Base):
    """A media item in a post, with its cut and its words."""

    __tablename__ = "slide"
    __table_args__ = (UniqueConstraint("post_id", "no"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    no: Mapped[int]
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="RESTRICT"), index=True)
    crop: Mapped[str] = mapped_column(String(120), default="")  # x,y,w,h as fractions; "": whole
    alt_text: Mapped[str] = mapped_column(Text, default="")
    user_tags: Mapped[list[Any]] = mapped_column(default=list)

    post: Mapped[Post] = relationship(back_populates="slides")
    media: Mapped[Media] = relationship()


class Publication(Base):
    """The work of bringing one post (or one frame of a story) to Instagram."""

    __tablename__ = "publication"
    __table_args__ = (
        UniqueConstraint("post_id", "frame_no"),
        partial_index("ix_publication_next", "next_at", where="next_at IS NOT NULL"),
        partial_index(
            "uq_publication_shot", "account_id", where="state = 'publishing'", unique=True
        ),
        partial_index(
            "ix_publication_in_line",
            "account_id",
            "due_at",
            where="state IN ('ready', 'publishing')",
        ),
        Index("ix_publication_account_due", "account_id", "due_at"),
        partial_index(
            "ix_publication_trouble",
            "account_id",
            "due_at",
            where="state IN ('held', 'missed', 'failed', 'review', 'unknown')",
        ),
        # an id is never used again: a fence belongs to one row for ever
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    frame_no: Mapped[int] = mapped_column(default=1)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(12), default=State.SCHEDULED.value)
    due_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    owner: Mapped[str] = mapped_column(String(80), default="")
    fence: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    container_id: Mapped[str] = mapped_column(String(64), default="")
    container_revision: Mapped[int] = mapped_column(default=0)
    container_made_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    children: Mapped[list[Any]] = mapped_column(default=list)
    baseline: Mapped[list[Any]] = mapped_column(default=list)
    intent_at: Mapped[datetime | None]
    intent_no: Mapped[int] = mapped_column(default=0)
    first_intent_at: Mapped[datetime | None]  # of those not proved to have done nothing
    looks: Mapped[int] = mapped_column(default=0)
    absent_looks: Mapped[int] = mapped_column(default=0)  # looks after the quiet time that saw none
    absent_look_at: Mapped[datetime | None]
    ig_media_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    permalink: Mapped[str] = mapped_column(Text, default="")
    told_at: Mapped[datetime | None]  # the person was told that we cannot find out
    sent_at: Mapped[datetime | None]  # first byte of the publish request that succeeded
    published_at: Mapped[datetime | None]
    hold_reason: Mapped[str] = mapped_column(String(12), default="")
    hold_until: Mapped[datetime | None]
    held_from: Mapped[str] = mapped_column(String(12), default="")  # the state before the hold
    error: Mapped[dict[str, Any] | None]
    updated_at: Mapped[datetime]

    post: Mapped[Post] = relationship(back_populates="publications")
    account: Mapped[Account] = relationship()
    events: Mapped[list["Event"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="Event.no"
    )

    @property
    def is_movable(self) -> bool:
        """Whether a person may give it a new time."""
        return State(self.state) in MOVABLE


class Event(Base):
    """One line of a post's timeline; append only."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("publication_id", "no"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id", ondelete="CASCADE"))
    no: Mapped[int]
    at: Mapped[datetime]
    fence: Mapped[int]
    from_state: Mapped[str] = mapped_column(String(12), default="")
    to_state: Mapped[str] = mapped_column(String(12), default="")
    cause: Mapped[str] = mapped_column(String(40))
    sentence: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Followup(Base):
    """Work after a post is live: its link, its first comment."""

    __tablename__ = "followup"
    __table_args__ = (
        UniqueConstraint("publication_id", "kind"),
        partial_index("ix_followup_next", "next_at", where="next_at IS NOT NULL"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))  # details, first_comment
    next_at: Mapped[datetime | None]
    owner: Mapped[str] = mapped_column(String(80), default="")
    fence: Mapped[int] = mapped_column(default=0)
    intent_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(Text, default="")


class Notice(Base):
    """One problem that people are told of, however often it is met until it ends."""

    __tablename__ = "notice"
    __table_args__ = (
        partial_index("uq_notice_open", "key", where="ended_at IS NULL", unique=True),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(160))  # what makes it the same problem
    kind: Mapped[str] = mapped_column(String(30))  # what a person may mute
    severity: Mapped[str] = mapped_column(String(10))  # problem, warning, news
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), index=True
    )  # None: for all members of the account, or without one for the owner
    post_id: Mapped[int | None] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[str] = mapped_column(String(200))
    sentence: Mapped[str] = mapped_column(Text, default="")
    remedy: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class NoticeRead(Base):
    """A person has seen a notice."""

    __tablename__ = "notice_read"

    notice_id: Mapped[int] = mapped_column(
        ForeignKey("notice.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    read_at: Mapped[datetime]


class ChatChannel(Base):
    """An address of a chat that takes a posted JSON; the address is a secret, so it is sealed."""

    __tablename__ = "chat_channel"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    form: Mapped[str] = mapped_column(String(10))  # slack, discord, teams, json
    host: Mapped[str] = mapped_column(String(253))  # shown; the whole address is not
    url_sealed: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    failed_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(Text, default="")


class Outbox(Base):
    """A notice or a message to others, written in the transaction of what it tells."""

    __tablename__ = "outbox"
    __table_args__ = (
        partial_index("ix_outbox_next", "next_at", where="next_at IS NOT NULL"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(30))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    notice_id: Mapped[int | None] = mapped_column(index=True)
    channel: Mapped[str] = mapped_column(String(20), default="mail", server_default="mail")
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    next_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(index=True)


class Revocation(Base):
    """A grant at Meta that must still be taken back after a person left; kept at most 7 days."""

    __tablename__ = "revocation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(10))
    token_sealed: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    next_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
