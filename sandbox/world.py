"""The whole state of the sandbox in one object that tests may hold and change."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.faults import FaultBox
from sandbox.pictures import PictureStore
from sandbox.switches import Switches
from sandbox.things import (
    Account,
    Code,
    Comment,
    Container,
    Grant,
    Media,
    Page,
    Person,
    Token,
)

CALLS_KEPT = 50_000


class World:
    """People, Pages, accounts and what happened to them, with a clock that can be advanced.

    Every change happens under `lock`; nobody sleeps or fetches while holding it.
    """

    def __init__(self, pictures: PictureStore | None = None) -> None:
        """An empty world; `people.seed` puts the usual people in."""
        self.lock = threading.RLock()
        self.pictures = pictures or PictureStore()
        self.closing = threading.Event()
        self.on_change: Callable[[], None] = lambda: None
        self.clear()

    def clear(self) -> None:
        """Forget everything, the clock and the switches too."""
        self.switches = Switches()
        self.faults = FaultBox()
        self.clock_ahead = 0.0
        self.people: dict[str, Person] = {}
        self.pages: dict[str, Page] = {}
        self.accounts: dict[str, Account] = {}
        self.grants: list[Grant] = []
        self.tokens: dict[str, Token] = {}
        self.codes: dict[str, Code] = {}
        self.containers: dict[str, Container] = {}
        self.media: dict[str, Media] = {}
        self.comments: dict[str, Comment] = {}
        self.calls: deque[dict[str, Any]] = deque(maxlen=CALLS_KEPT)
        self.pending: list[tuple[float, Callable[[], object]]] = []
        self.index()

    def index(self) -> None:
        """Build the look-ups anew, after things were put in directly."""
        self.page_tokens: dict[tuple[str, str], str] = {}
        self.app_scoped = {a.app_scoped_id: a for a in self.accounts.values()}
        self.linked = {p.account_id: p for p in self.pages.values() if p.account_id}
        self.media_of: dict[str, list[str]] = defaultdict(list)
        self.containers_of: dict[str, list[str]] = defaultdict(list)
        self.comments_of: dict[str, list[str]] = defaultdict(list)
        for token in self.tokens.values():
            if token.parent and token.page_id:
                self.page_tokens[token.parent, token.page_id] = token.value
        for media in self.media.values():
            self.media_of[media.account_id].append(media.id)
        for container in self.containers.values():
            self.containers_of[container.account_id].append(container.id)
        for comment in self.comments.values():
            self.comments_of[comment.parent_id or comment.media_id].append(comment.id)

    def now(self) -> float:
        """The world's time in seconds since 1970."""
        return time.time() + self.clock_ahead

    def changed(self) -> None:
        """Say that something worth keeping happened."""
        self.on_change()

    def add_account(self, account: Account) -> Account:
        """Put an account in."""
        self.accounts[account.id] = account
        self.app_scoped[account.app_scoped_id] = account
        return account

    def add_page(self, page: Page) -> Page:
        """Put a Page in."""
        self.pages[page.id] = page
        if page.account_id:
            self.linked[page.account_id] = page
        return page

    def add_container(self, container: Container) -> Container:
        """Put a container in."""
        self.containers[container.id] = container
        self.containers_of[container.account_id].append(container.id)
        self.changed()
        return container

    def add_media(self, media: Media) -> Media:
        """Put a media in; it is live from its timestamp on."""
        self.media[media.id] = media
        self.media_of[media.account_id].append(media.id)
        self.changed()
        return media

    def add_comment(self, comment: Comment) -> Comment:
        """Put a comment or a reply in."""
        self.comments[comment.id] = comment
        self.comments_of[comment.parent_id or comment.media_id].append(comment.id)
        self.changed()
        return comment

    def remove_media(self, media_id: str) -> None:
        """Take a media away, with its comments; its picture stays in the store."""
        media = self.media.pop(media_id)
        self.media_of[media.account_id].remove(media_id)
        for comment_id in list(self.comments_of[media_id]):
            self.remove_comment(comment_id)
        self.changed()

    def remove_comment(self, comment_id: str) -> None:
        """Take a comment away, with its replies."""
        for reply_id in list(self.comments_of[comment_id]):
            self.remove_comment(reply_id)
        comment = self.comments.pop(comment_id)
        self.comments_of[comment.parent_id or comment.media_id].remove(comment_id)
        self.changed()

    def account(self, name: str) -> Account:
        """The account with that username or id; KeyError if there is none."""
        if name in self.accounts:
            return self.accounts[name]
        for account in self.accounts.values():
            if account.username == name.removeprefix("@"):
                return account
        raise KeyError(name)

    def person(self, name: str) -> Person:
        """The person with that name or id; KeyError if there is none."""
        for person in self.people.values():
            if name in (person.id, person.name):
                return person
        raise KeyError(name)

    def pages_of(self, person_id: str) -> list[Page]:
        """The Pages on which the person has a role, in the order of their making."""
        return [page for page in self.pages.values() if page.tasks.get(person_id)]

    def grant(self, login: str, subject: str) -> Grant | None:
        """What that person or account allowed the app."""
        for grant in self.grants:
            if grant.login == login and grant.subject == subject:
                return grant
        return None

    def live_media(self, account_id: str) -> Iterator[Media]:
        """The account's feed posts and stories, newest first, slides left out."""
        for media_id in reversed(self.media_of[account_id]):
            media = self.media[media_id]
            if media.parent is None:
                yield media

    def note(self, **call: Any) -> None:
        """Add a line to the log of calls, oldest lines fall out."""
        with self.lock:
            self.calls.append(call)
