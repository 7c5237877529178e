"""A message to a person, whichever way it goes: a mail, a chat, a program."""

from dataclasses import dataclass

from helpers import plural

MOST_ITEMS = 20
"""More are counted, not listed: the list in the app has them all."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that happened: where, when, why, and what to do."""

    title: str
    sentence: str
    remedy: str
    where: str = ""  # '@clay.studio'
    when: str = ""  # 'planned for Fri 27 Nov 2026, 18:00 (Europe/Berlin)'
    url: str = ""

    @property
    def place(self) -> str:
        """Where and when, on one line; "" when neither is known."""
        return ", ".join(part for part in (self.where, self.when) if part)


@dataclass(frozen=True, kw_only=True)
class Message:
    """A subject, what happened, and where to read more."""

    subject: str
    url: str
    intro: str = ""
    items: tuple[Item, ...] = ()
    is_practice: bool = False

    @property
    def listed(self) -> tuple[Item, ...]:
        """The items that are written out."""
        return self.items[:MOST_ITEMS]

    @property
    def rest(self) -> str:
        """What is said of those that are not; "" when there are none."""
        more = len(self.items) - len(self.listed)
        return f"And {plural(more, 'more notice')}." if more > 0 else ""


def subject_of(items: tuple[Item, ...]) -> str:
    """Return one line for what happened: the title, with its account or its number."""
    first = items[0]
    if len(items) == 1:
        return f"{first.title} ({first.where})" if first.where else first.title
    if all(item.title == first.title for item in items):
        return f"{first.title} ({len(items)} times)"
    return f"{len(items)} notices: {first.title}, and more"


def as_text(message: Message) -> str:
    """Return the body of a mail, without its footer."""
    blocks = [message.intro] if message.intro else []
    is_one = len(message.items) == 1
    for item in message.listed:
        head = "" if is_one else item.title
        lines = (head, item.place, item.sentence, item.remedy, item.url)
        blocks.append("\n".join(line for line in lines if line))
    if message.rest:
        blocks.append(message.rest)
    if not is_one:
        blocks.append(message.url)
    if message.is_practice:
        blocks.append("Practice Instagram: nothing here reaches Instagram.")
    return "\n\n".join(blocks)
