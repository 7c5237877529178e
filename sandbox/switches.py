"""Every switch of the sandbox, with its default and what it does.

What Meta's pages leave open, or contradict each other about, is a switch and not a guess.
"""

from dataclasses import dataclass, field, fields
from typing import Any

DAY = 86_400.0


@dataclass(kw_only=True)
class Switches:
    """The world's settings; durations in seconds. Change them over `/_sandbox/switches`."""

    fb_app_id: str = "100000000000001"
    fb_app_secret: str = "sandbox-facebook-secret"  # noqa: S105 (a practice secret, public on purpose)
    ig_app_id: str = "200000000000002"
    ig_app_secret: str = "sandbox-instagram-secret"  # noqa: S105 (a practice secret, public on purpose)
    redirect_uris: list[str] = field(default_factory=list)
    """Valid OAuth redirect URIs, compared exactly; empty: every loopback address is valid."""
    app_live: bool = True
    """False: the app is in development mode, and only people with a role on it get in."""
    config_scopes: list[str] = field(default_factory=list)
    """What a `config_id` of Facebook Login for Business stands for; empty: what publishing needs."""
    versions: list[str] = field(
        default_factory=lambda: ["v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"]
    )
    default_version: str = "v26.0"
    """Used when a path names no version."""

    require_proof: bool = True
    """Whether graph.facebook.com demands `appsecret_proof` with every user and Page token."""
    token_status: int = 400
    """HTTP status of error 190: 400 was measured, 401 is expected by several clients."""
    fb_code_seconds: float = 600
    ig_code_seconds: float = 3600
    fb_short_seconds: float = 5100
    ig_short_seconds: float = 3600
    long_seconds: float = 5_183_944
    expires_in: bool = True
    """False: token answers leave `expires_in` out."""
    ig_answer_shape: str = "flat"
    """`flat` as clients see it, `data` as the documentation shows it."""
    ig_permissions_shape: str = "list"
    """`list` or `text` (comma separated)."""
    refresh_min_age: float = DAY
    refresh_changes_token: bool = True
    ig_exchange_needs_client_id: bool = False

    date_skew: float = 0
    """How far the `Date` header is ahead of the real time."""
    date_follows_clock: bool = False
    """True: the `Date` header moves with the advanced clock; callers seldom live in that time."""
    quota_total: int = 50
    """50 or 100, Meta's pages differ; old texts say 25."""
    quota_duration: int = 86_400
    containers_per_day: int = 400
    containers_error_code: int = 9
    """Code for the 401st container; unknown at Meta."""
    container_seconds: float = 1.0
    """How long a container is IN_PROGRESS."""
    container_polls: int = 0
    """How many status reads say IN_PROGRESS at least."""
    container_lifetime: float = DAY
    used_container: str = "refuse"
    """Publishing a published container: `refuse` (24/2207008), `same_id` or `duplicate`."""
    broken_container: str = "9007"
    """Publishing a container in ERROR: `9007` or `24`."""
    image_errors: str = "create"
    """Where a bad picture shows: `create` refuses the call, `container` ends in ERROR."""
    status_lag: float = 0
    """How long a published container still reads FINISHED."""
    list_lag: float = 0
    """How long a published media is missing from lists."""
    node_lag: float = 0
    """How long reads of a fresh media or container answer 100/33."""

    ratio_min: float = 0.75
    """0.75 (3:4, accepted in practice) or 0.8 (4:5, the documentation)."""
    ratio_max: float = 1.91
    ratio_tolerance: float = 0.005
    """Meta's rounding is unknown; 0 is the strictest."""
    image_formats: list[str] = field(default_factory=lambda: ["JPEG"])
    """Formats as Pillow names them. Add PNG for the world where Meta converts it."""
    max_image_bytes: int = 8 * 1024 * 1024
    fetch_seconds: float = 10
    caption_unit: str = "codepoints"
    """What a caption's length counts: `codepoints` or `utf16`."""
    child_caption: str = "ignore"
    """A caption on a carousel child: `ignore` or `refuse`."""
    comment_rules: bool = False
    """True: the classic limits of a comment (300 characters, 4 hashtags, 1 link, no shouting)."""
    permalink: bool = True
    """False: media come without `permalink`."""

    usage_headers: bool = True
    usage_percent: int = 1
    """Per cent that the usage headers show."""
    latency: dict[str, float] = field(default_factory=dict)
    """Extra seconds per endpoint, `any` for all: {"publish": 0.3}."""

    def patch(self, changes: dict[str, Any]) -> None:
        """Change several switches at once, or none; ValueError names what is wrong."""
        known = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"There is no switch {name!r}.")
            if not _fits(value, known[name]):
                raise ValueError(f"{name} takes a value like {known[name]!r}, not {value!r}.")
            if name in CHOICES and value not in CHOICES[name]:
                raise ValueError(f"{name} is one of {', '.join(CHOICES[name])}.")
        for name, value in changes.items():
            setattr(self, name, value)


CHOICES = {
    "ig_answer_shape": ("flat", "data"),
    "ig_permissions_shape": ("list", "text"),
    "used_container": ("refuse", "same_id", "duplicate"),
    "broken_container": ("9007", "24"),
    "image_errors": ("create", "container"),
    "caption_unit": ("codepoints", "utf16"),
    "child_caption": ("ignore", "refuse"),
}


def _fits(value: object, example: object) -> bool:
    """Whether *value* is of the kind of *example*; a whole number is a number too."""
    if isinstance(example, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(example, bool)
    if isinstance(example, float):
        return isinstance(value, int | float)
    if isinstance(example, dict):
        return isinstance(value, dict) and all(
            isinstance(v, int | float) and not isinstance(v, bool) for v in value.values()
        )
    if isinstance(example, list):
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    return isinstance(value, type(example))
