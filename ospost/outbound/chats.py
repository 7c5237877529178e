"""Messages to chats: one posted JSON in the form that each of them takes.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
Discord: https://docs.discord.com/developers/resources/webhook#execute-webhook
Teams (Workflows): https://learn.microsoft.com/en-us/connectors/teams/
"""

import re
from collections.abc import Callable
from typing import Any

from helpers import shorten
from ospost.domain.messages import Item, Message, as_text
from ospost.outbound.door import Door, NotDelivered

NAMES = {"slack": "Slack", "discord": "Discord", "teams": "Microsoft Teams", "json": "Plain JSON"}
"""The forms that we speak, and what people call them."""

DISCORD_LONGEST = 2_000
GONE = {
    400: "It does not take messages of this form.",
    401: "The address is not valid any more.",
    403: "The address is not valid any more.",
    404: "The address does not exist any more.",
    405: "It does not take messages of this form.",
    410: "The address does not exist any more.",
}
"""Answers after which trying again is of no use, in words."""

_MARKS = re.compile(r"([\\*_~`|>\[\]()#])")


class Refused(NotDelivered):
    """The chat will not take this however often it is sent."""


class Later(NotDelivered):
    """The chat asks to wait."""

    def __init__(self, sentence: str, *, wait_seconds: int) -> None:
        """Say for how long, 0 when it did not say."""
        super().__init__(sentence)
        self.wait_seconds = wait_seconds


def send(door: Door, *, form: str, url: str, message: Message) -> None:
    """Post *message* to a chat; raises NotDelivered (Refused when it is of no use to go on)."""
    answer = door.post_json(url, BODIES[form](message))
    name = "The receiver" if form == "json" else NAMES[form]
    if 200 <= answer.status < 300:
        return
    said = f"{name} answered {answer.status}."
    if answer.status in GONE or 300 <= answer.status < 400:
        why = GONE.get(answer.status, "It points to another address; paste that one.")
        raise Refused(f"{said} {why}")
    raise Later(said, wait_seconds=answer.retry_after_seconds)


def _slack(message: Message) -> dict[str, Any]:
    def link(item: Item) -> str:
        title = _for_slack(item.title)
        return f"*<{_for_slack(item.url)}|{title}>*" if item.url else f"*{title}*"

    blocks = [_for_slack(message.intro)] if message.intro else []
    for item in message.listed:
        lines = (link(item), _for_slack(item.place), _for_slack(item.sentence))
        blocks.append("\n".join(line for line in (*lines, _for_slack(item.remedy)) if line))
    return {"text": _closed(blocks, message, f"<{_for_slack(message.url)}|Ospost>")}


def _for_slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _discord(message: Message) -> dict[str, Any]:
    blocks = [_MARKS.sub(_ESCAPED, message.intro)] if message.intro else []
    for item in message.listed:
        words = (item.place, item.sentence, item.remedy)
        lines = [
            f"**{_MARKS.sub(_ESCAPED, item.title)}**",
            *(_MARKS.sub(_ESCAPED, w) for w in words),
        ]
        blocks.append("\n".join(line for line in (*lines, item.url) if line))
    text = _closed(blocks, message, message.url)
    if len(text) > DISCORD_LONGEST:
        tail = f"…\n\n{message.url}"
        text = text[: DISCORD_LONGEST - len(tail)] + tail
    return {"content": text, "allowed_mentions": {"parse": []}}


_ESCAPED = r"\\\1"


def _closed(blocks: list[str], message: Message, link: str) -> str:
    if message.rest:
        blocks.append(message.rest)
    if len(message.items) != 1:
        blocks.append(link)
    if message.is_practice:
        blocks.append("Practice Instagram: nothing here reaches Instagram.")
    return "\n\n".join(blocks)


def _teams(message: Message) -> dict[str, Any]:
    def line(text: str, **more: Any) -> dict[str, Any]:
        return {"type": "TextBlock", "text": text, "wrap": True, **more}

    body = [line(message.subject, weight="Bolder", size="Medium")]
    if message.intro:
        body.append(line(message.intro))
    for item in message.listed:
        if len(message.items) > 1:
            body.append(line(item.title, weight="Bolder", separator=True))
        body += [line(t) for t in (item.place, item.sentence, item.remedy) if t]
    if message.rest:
        body.append(line(message.rest))
    if message.is_practice:
        body.append(line("Practice Instagram: nothing here reaches Instagram.", isSubtle=True))
    url = message.items[0].url if len(message.items) == 1 else message.url
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": "Open Ospost", "url": url or message.url}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": kind, "contentUrl": None, "content": card}],
    }


def _json(message: Message) -> dict[str, Any]:
    """Give programs the parts; `text` is what Mattermost, Rocket.Chat and the like show."""
    return {
        "text": f"{message.subject}\n\n{as_text(message)}",
        "subject": shorten(message.subject, 200),
        "url": message.url,
        "practice": message.is_practice,
        "notices": [
            {
                "title": item.title,
                "account": item.where.removeprefix("@"),
                "when": item.when,
                "sentence": item.sentence,
                "remedy": item.remedy,
                "url": item.url,
            }
            for item in message.items
        ],
    }


BODIES: dict[str, Callable[[Message], dict[str, Any]]] = {
    "slack": _slack,
    "discord": _discord,
    "teams": _teams,
    "json": _json,
}
