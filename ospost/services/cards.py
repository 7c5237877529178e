"""What the plan, the compose page and the post's page show: values without behaviour."""

from dataclasses import dataclass, field
from datetime import datetime

from models import Account
from ospost.domain.actions import Action
from ospost.services.outages import Told


@dataclass(frozen=True, kw_only=True, slots=True)
class PostCard:
    """One post as a list shows it; every label is ready to print."""

    id: int
    account_id: int
    username: str
    kind: str
    state: str  # as JSON calls it
    word: str  # as the screen calls it
    hint: str  # why it waits or what went wrong, in a sentence; "" when nothing
    doubt: str  # why its day may have no room for it; "" when it has
    is_prepared: bool
    caption: str
    title: str  # the first words of the caption, or 'Photo without words'
    due_at: datetime | None
    wall_label: str  # 'Fri 27 Nov 2026, 18:00'
    time_label: str  # '18:00'
    zone: str
    input_value: str  # 'YYYY-MM-DDTHH:MM' for a datetime-local field
    date_key: str  # '2026-11-27' on the wall of `zone`; "" for a draft without a time
    distance: str  # 'in 4 days'
    thumb_url: str | None
    alt_text: str
    is_movable: bool
    is_editable: bool
    can_publish_now: bool
    permalink: str
    url: str
    lateness_ms: int | None
    lateness: str  # '12 ms after its time'; "" while not live


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """The posts of one day, in order."""

    date_key: str
    label: str  # 'Friday 27 November 2026'
    is_today: bool
    is_past: bool
    posts: tuple[PostCard, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanPage:
    """The plan: what needs a look, drafts, and the days of one window."""

    days: tuple[Day, ...]
    drafts: tuple[PostCard, ...]
    trouble: tuple[PostCard, ...]  # what somebody can do something about
    waiting: tuple[PostCard, ...]  # what goes on by itself, held or in doubt
    asked: int = 0  # posts of `trouble` that wait for a person's word, since their time passed
    account_id: int | None = None  # the filter
    state: str = ""  # the filter, as JSON calls it
    focus_date: str | None = None  # the day to scroll to
    more_url: str | None = None  # later days
    earlier_url: str | None = None
    outages: tuple[Told, ...] = ()  # when this server was off, and what became of the posts


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaCard:
    """One picture of the compose page or of a post."""

    id: int
    file_name: str
    thumb_url: str
    preview_url: str
    width: int  # upright, in pixels
    height: int
    crop: str  # 'x,y,w,h' as fractions; "" is the whole picture
    proposed_crop: str  # the nearest legal cut; "" when none is needed
    needs_cut: bool
    alt_text: str
    size_label: str  # '3024 × 4032 · 3.1 MB'


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckLine:
    """One thing that a check found, ready to print; *url* leads to where it is mended."""

    field: str
    level: str  # stop, warn, hint
    what: str
    sentence: str
    remedy: str
    url: str
    link: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Checks:
    """What is to be said of a post before its time."""

    lines: tuple[CheckLine, ...]
    checked: str  # '3 minutes ago'; "" when never
    limit: str  # '12 of 100 in 24 hours, read 3 minutes ago'


@dataclass(frozen=True, kw_only=True, slots=True)
class ComposePage:
    """The compose form with everything that was typed, and what is wrong with it."""

    is_new: bool
    post_id: int | None
    action_url: str
    accounts: list[Account]
    account_id: int | None
    caption: str = ""
    first_comment: str = ""
    input_value: str = ""  # as typed, or 'YYYY-MM-DDTHH:MM'
    timezone: str = ""
    fold: str = ""  # "", "0" or "1"
    kind: str = "image"
    media: tuple[MediaCard, ...] = ()
    errors: dict[str, list[str]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    ask_fold: tuple[tuple[str, str], ...] = ()  # (value, label) when a wall clock is double
    gap_label: str = ""  # 'does not exist that night; we use 03:30'
    form_id: str = ""
    form_error: str = ""  # what concerns no single field
    checked: tuple[CheckLine, ...] | None = None  # what “Check” found; None when nobody pressed it


@dataclass(frozen=True, kw_only=True, slots=True)
class EventLine:
    """One line of a timeline."""

    at_label: str  # with seconds
    sentence: str
    sign: str  # ok, wait, bad, ask
    detail: dict[str, str]  # the raw answer; empty when there is none
    by: str = ""  # the person who did it; "" for the machine


@dataclass(frozen=True, kw_only=True, slots=True)
class PostPage:
    """A post, its state, its timeline, and what its person may do now."""

    card: PostCard
    slides: tuple[MediaCard, ...]
    caption: str
    first_comment: str
    events: tuple[EventLine, ...]
    remedy: str
    answer: tuple[tuple[str, str], ...]  # the numbers of Instagram's refusal, with their names
    is_asked_about: bool  # it waits for a word on what becomes of it
    actions: frozenset[Action]  # by the table of the domain
    main: Action | None  # the likeliest of them to help a post that is over
    copy_form_id: str  # of the next copy, so that pressing twice is one
    checks: Checks | None  # None when its time has passed
