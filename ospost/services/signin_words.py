"""Everything that can go wrong while somebody signs in, and what its page says.

Meta's texts: https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow
and https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
"""

from dataclasses import dataclass
from enum import StrEnum


class Case(StrEnum):
    """One way in which a sign-in fails."""

    DENIED = "denied"
    PARTLY_REFUSED = "partly_refused"
    STATE_WRONG = "state_wrong"
    STATE_USED = "state_used"
    STATE_EXPIRED = "state_expired"
    CODE_USED = "code_used"
    CODE_EXPIRED = "code_expired"
    REDIRECT_MISMATCH = "redirect_mismatch"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - the name of a case
    UNKNOWN_APP = "unknown_app"
    INVALID_SCOPES = "invalid_scopes"
    NOT_LIVE = "not_live"
    NO_PAGE = "no_page"
    NO_ACCOUNT = "no_account"
    NO_RIGHT = "no_right"
    NOT_PROFESSIONAL = "not_professional"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    NOT_INVITED = "not_invited"
    INVITATION_OVER = "invitation_over"
    TAKEN = "taken"


class Next(StrEnum):
    """What the page offers to do."""

    AGAIN = "again"  # the same login once more
    ASK_AGAIN = "ask_again"  # Facebook asks once more for what was refused
    LOGIN = "login"  # the sign-in page


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the page of a case says. `{…}` are filled from the failure."""

    status: int
    title: str
    sentence: str
    remedy: tuple[str, ...]
    next: Next = Next.AGAIN
    shows_redirect_uri: bool = False


WORDS: dict[Case, Words] = {
    Case.DENIED: Words(
        status=403,
        title="You said no to {meta}",
        sentence="{meta} was told not to let Ospost in, so nobody was signed in and nothing was"
        " stored.",
        remedy=("If that was a slip, try again and choose Continue.",),
    ),
    Case.PARTLY_REFUSED: Words(
        status=403,
        title="Some permissions were refused",
        sentence="Without these Ospost cannot publish for you:",
        remedy=("Ask again, and leave all the boxes ticked.",),
        next=Next.ASK_AGAIN,
    ),
    Case.STATE_WRONG: Words(
        status=400,
        title="This sign-in did not begin here",
        sentence="The answer from {meta} does not belong to a sign-in of this browser, so it was"
        " not used. That happens when a link was copied, when cookies are off, or when somebody"
        " wants to sign you in as somebody else.",
        remedy=("Begin again from the sign-in page, in this browser.",),
        next=Next.LOGIN,
    ),
    Case.STATE_USED: Words(
        status=409,
        title="This sign-in was already used",
        sentence="Each sign-in works once. The first time it was used counts; this second time"
        " changed nothing.",
        remedy=("If you are not signed in now, begin again.",),
        next=Next.LOGIN,
    ),
    Case.STATE_EXPIRED: Words(
        status=400,
        title="That took too long",
        sentence="A sign-in must be finished within 10 minutes.",
        remedy=("Begin again from the sign-in page.",),
        next=Next.LOGIN,
    ),
    Case.CODE_USED: Words(
        status=409,
        title="{meta} says that this code was already used",
        sentence="{meta} hands out a code per sign-in, and this one was exchanged before. Nothing"
        " was changed.",
        remedy=("Sign in once more: you get a new code.",),
    ),
    Case.CODE_EXPIRED: Words(
        status=400,
        title="The code from {meta} ran out",
        sentence="It took too long to come back here.",
        remedy=("Sign in once more: you get a new code.",),
    ),
    Case.REDIRECT_MISMATCH: Words(
        status=502,
        title="{meta} does not know this address of Ospost",
        sentence="The address to which {meta} sends people back must stand in the settings of the"
        " Meta app, letter for letter.",
        remedy=("{redirect_place} Paste exactly this address, save, and sign in again:",),
        shows_redirect_uri=True,
    ),
    Case.WRONG_SECRET: Words(
        status=502,
        title="The app secret is wrong",
        sentence="{meta} knows the app but not the secret that this server sent.",
        remedy=(
            (
                "Whoever runs this server: copy the secret from the Meta app dashboard into"
                " {secret_setting} in .env, then start Ospost again."
            ),
        ),
        next=Next.LOGIN,
    ),
    Case.UNKNOWN_APP: Words(
        status=502,
        title="{meta} does not know the app",
        sentence="The app id that this server sent belongs to no app of that kind.",
        remedy=(
            "Whoever runs this server: check {id_setting} in .env. {id_hint}",
            "Then start Ospost again.",
        ),
        next=Next.LOGIN,
    ),
    Case.INVALID_SCOPES: Words(
        status=502,
        title="{meta} does not know a permission that was asked for",
        sentence="The app is not set up for one of these permissions: {scopes}.",
        remedy=(
            (
                "Whoever runs this server: add the permissions to the app's use case in the Meta app"
                " dashboard, or take the wrong name out of {scopes_setting} in .env."
            ),
        ),
        next=Next.LOGIN,
    ),
    Case.NOT_LIVE: Words(
        status=403,
        title="The app is not open for you yet",
        sentence="The Meta app is in development mode, or you have not accepted its invitation as"
        " a tester.",
        remedy=(
            (
                "Ask whoever runs this server to add you as a tester in the Meta app dashboard under"
                " App roles."
            ),
            "Then accept the invitation: {tester_place}",
        ),
    ),
    Case.NO_PAGE: Words(
        status=403,
        title="There is no Facebook Page",
        sentence="Facebook told us of no Page that you manage, or you gave Ospost none of them.",
        remedy=(
            (
                "Make a Facebook Page and link your professional Instagram account to it"
                " (Page settings, Linked accounts)."
            ),
            "If you have one, ask again and tick the Page.",
            "Or sign in with Instagram instead: that way needs no Page.",
        ),
        next=Next.ASK_AGAIN,
    ),
    Case.NO_ACCOUNT: Words(
        status=403,
        title="No Instagram account is linked to your Page",
        sentence="These Pages have no professional Instagram account: {names}.",
        remedy=(
            (
                "In the Instagram app: Settings, Account type and tools, Switch to professional"
                " account."
            ),
            "On Facebook: Page settings, Linked accounts, Instagram, Connect.",
            "Then sign in again. Or sign in with Instagram: that way needs no Page.",
        ),
    ),
    Case.NO_RIGHT: Words(
        status=403,
        title="You may not publish for this Page",
        sentence="Your role on these Pages does not allow to create content: {names}.",
        remedy=(
            (
                "Ask somebody with full control of the Page to give you the right to create content"
                " (Page settings, Page access)."
            ),
            "Then sign in again.",
        ),
    ),
    Case.NOT_PROFESSIONAL: Words(
        status=403,
        title="This is not a professional account",
        sentence="Instagram lets programs publish for business and creator accounts only.",
        remedy=(
            (
                "In the Instagram app: Settings, Account type and tools, Switch to professional"
                " account. It is free."
            ),
            "Then sign in again.",
        ),
    ),
    Case.UNREACHABLE: Words(
        status=503,
        title="{meta} cannot be reached",
        sentence="This server asked {meta} and got no usable answer. Nobody was signed in.",
        remedy=("Try again in a minute. Scheduled posts are not affected by this page.",),
    ),
    Case.REFUSED: Words(
        status=502,
        title="{meta} refused the sign-in",
        sentence="{detail}",
        remedy=("Try again. If it stays so, tell whoever runs this server what stands here.",),
    ),
    Case.NOT_INVITED: Words(
        status=403,
        title="This Ospost is by invitation",
        sentence="Nobody here knows this {meta} login yet.",
        remedy=(
            "Ask the owner of this Ospost for an invitation link.",
            (
                "If you already come here by the other login, sign in with that one first and add"
                " this one on the page of your Instagram accounts."
            ),
        ),
        next=Next.LOGIN,
    ),
    Case.INVITATION_OVER: Words(
        status=403,
        title="This invitation does not work any more",
        sentence="An invitation works once, within 7 days, and may be taken back.",
        remedy=("Ask the owner of this Ospost for a new one.",),
        next=Next.LOGIN,
    ),
    Case.TAKEN: Words(
        status=409,
        title="This {meta} login belongs to somebody else here",
        sentence="Another person of this Ospost signs in with it. Nothing was changed, and the two"
        " were not put together.",
        remedy=(
            "Sign out, then sign in with that login; or use another one here.",
            "To share an Instagram account, ask for an invitation.",
        ),
        next=Next.LOGIN,
    ),
}


PLACES: dict[str, dict[str, str]] = {
    "facebook": {
        "meta": "Facebook",
        "redirect_place": "Meta app dashboard, Facebook Login, Settings, Valid OAuth Redirect URIs.",
        "id_setting": "FB_APP_ID",
        "id_hint": "It stands at the top of the Meta app dashboard.",
        "secret_setting": "FB_APP_SECRET",
        "scopes_setting": "FB_SCOPES",
        "tester_place": "developers.facebook.com, Alerts.",
    },
    "instagram": {
        "meta": "Instagram",
        "redirect_place": "Meta app dashboard, Instagram, API setup with Instagram login, Business"
        " login settings, OAuth redirect URIs.",
        "id_setting": "IG_APP_ID",
        "id_hint": "It is the Instagram app id (Instagram, API setup with Instagram login), not the"
        " Meta app id.",
        "secret_setting": "IG_APP_SECRET",
        "scopes_setting": "IG_SCOPES",
        "tester_place": "instagram.com, Settings, Website permissions, Apps and websites, Tester"
        " invites.",
    },
}
