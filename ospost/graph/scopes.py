"""The permissions that Ospost asks for, least first, and what each is for in plain words.

https://developers.facebook.com/docs/permissions
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
"""

from dataclasses import dataclass
from enum import StrEnum


class Feature(StrEnum):
    """A part of Ospost that needs a permission of its own."""

    PUBLISHING = "publishing"
    BUSINESS_PAGES = "business_pages"
    COMMENTS = "comments"
    INSIGHTS = "insights"
    DELETING = "deleting"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One permission; *purpose* completes 'Ospost needs it …'."""

    name: str
    purpose: str
    feature: Feature = Feature.PUBLISHING

    @property
    def is_needed(self) -> bool:
        """Whether nothing can be published without it."""
        return self.feature is Feature.PUBLISHING


SCOPES: dict[str, tuple[Scope, ...]] = {
    "facebook": (
        Scope(name="instagram_basic", purpose="to see which Instagram account it is"),
        Scope(name="instagram_content_publish", purpose="to publish your posts"),
        Scope(name="pages_show_list", purpose="to find the Page that the account is linked to"),
        Scope(name="pages_read_engagement", purpose="to reach the account through its Page"),
        Scope(
            name="business_management",
            purpose="to find Pages that belong to a business portfolio",
            feature=Feature.BUSINESS_PAGES,
        ),
        Scope(
            name="instagram_manage_comments",
            purpose="to write the first comment under your posts",
            feature=Feature.COMMENTS,
        ),
        Scope(
            name="instagram_manage_insights",
            purpose="to show how your posts were received",
            feature=Feature.INSIGHTS,
        ),
        Scope(
            name="instagram_manage_contents",
            purpose="to delete posts on Instagram when you ask for it",
            feature=Feature.DELETING,
        ),
    ),
    "instagram": (
        Scope(name="instagram_business_basic", purpose="to see which Instagram account it is"),
        Scope(name="instagram_business_content_publish", purpose="to publish your posts"),
        Scope(
            name="instagram_business_manage_comments",
            purpose="to write the first comment under your posts",
            feature=Feature.COMMENTS,
        ),
        Scope(
            name="instagram_business_manage_insights",
            purpose="to show how your posts were received",
            feature=Feature.INSIGHTS,
        ),
    ),
}
"""By login."""

REQUIRED: dict[str, tuple[str, ...]] = {
    login: tuple(scope.name for scope in scopes if scope.is_needed)
    for login, scopes in SCOPES.items()
}
"""What is asked for when the settings say nothing, and what publishing cannot do without."""


def of(login: str) -> tuple[Scope, ...]:
    """Return all permissions of a login, least first."""
    return SCOPES[login]


def missing(login: str, granted: frozenset[str]) -> tuple[Scope, ...]:
    """Return the needed permissions that were not granted."""
    return tuple(scope for scope in of(login) if scope.is_needed and scope.name not in granted)
