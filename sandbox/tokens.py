"""Access tokens: made, checked, proved, ended.

Lifetimes, prefixes and error texts follow Meta's pages on access tokens and on long-lived tokens.
"""

import hashlib
import hmac
from datetime import UTC, datetime

from sandbox import ids
from sandbox.calls import FACEBOOK, Call
from sandbox.errors import GraphError, refusal
from sandbox.things import Login, Token, TokenKind
from sandbox.world import World

DATA_ACCESS_SECONDS = 90 * 86_400.0
NO_TOKEN = "An active access token must be used to query information about the current user."  # noqa: S105 (a sentence)


def issue(
    world: World,
    *,
    login: Login,
    subject: str,
    long_lived: bool,
    kind: TokenKind = "user",
    data_access_expires_at: float | None = None,
) -> Token:
    """Make a user token (Facebook) or an account's token (Instagram).

    Only a person's own consent begins the 90 days of data access anew; a token that is exchanged
    for another hands its end on (auth-vs-data).
    """
    switches = world.switches
    short = switches.fb_short_seconds if login == "facebook" else switches.ig_short_seconds
    now = world.now()
    token = Token(
        value=ids.facebook_token() if login == "facebook" else ids.instagram_token(),
        kind="instagram" if login == "instagram" else kind,
        login=login,
        subject=subject,
        issued_at=now,
        expires_at=now + (switches.long_seconds if long_lived else short),
        data_access_expires_at=data_access_expires_at or now + DATA_ACCESS_SECONDS,
        long_lived=long_lived,
    )
    world.tokens[token.value] = token
    world.changed()
    return token


def page_token(world: World, user_token: Token, page_id: str) -> Token:
    """The Page's token for this user token; without expiry when that is long-lived."""
    known = world.page_tokens.get((user_token.value, page_id))
    if known is not None:
        return world.tokens[known]
    token = Token(
        value=ids.facebook_token(),
        kind="page",
        login="facebook",
        subject=user_token.subject,
        page_id=page_id,
        parent=user_token.value,
        issued_at=world.now(),
        expires_at=None if user_token.long_lived else user_token.expires_at,
        data_access_expires_at=user_token.data_access_expires_at,
        long_lived=user_token.long_lived,
    )
    world.tokens[token.value] = token
    world.page_tokens[user_token.value, page_id] = token.value
    world.changed()
    return token


def end(world: World, *, login: str, subject: str, subcode: int) -> int:
    """Make every token of a person or account invalid; returns how many."""
    ended = 0
    for token in world.tokens.values():
        if token.login == login and token.subject == subject and token.dead_by is None:
            token.dead_by = subcode
            ended += 1
    world.changed()
    return ended


def authenticate(world: World, call: Call) -> Token:
    """The valid token of a call; raises 2500 and the errors of code 190."""
    value = call.token_value
    if not value:
        raise GraphError(code=2500, message=NO_TOKEN)
    token = check(world, value, facebook_host=call.host == FACEBOOK)
    call.token = token
    if token.login == "facebook":
        _check_proof(world, call, value)
    return token


def check(world: World, value: str, *, facebook_host: bool) -> Token:
    """Look a token up and refuse it when it is foreign, unknown, ended or expired."""
    token = world.tokens.get(value)
    if not value.startswith("EAA" if facebook_host else "IG"):
        raise _bad(world, refusal(190))
    if token is None:
        raise _bad(world, refusal(190, message="Malformed access token"))
    if token.dead_by is not None:
        raise _bad(world, _ended(world, token))
    if token.expires_at is not None and token.expires_at <= world.now():
        raise _bad(world, _expired(token.expires_at, world.now()))
    return token


def proof_of(secret: str, value: str) -> str:
    """appsecret_proof: hex HMAC-SHA256 of the token with the app secret."""
    return hmac.new(secret.encode(), value.encode(), hashlib.sha256).hexdigest()


def _check_proof(world: World, call: Call, value: str) -> None:
    proof = call.get("appsecret_proof")
    if proof is None:
        if not world.switches.require_proof:
            return
        text = "API calls from the server require an appsecret_proof argument"
    elif hmac.compare_digest(
        proof.encode(), proof_of(world.switches.fb_app_secret, value).encode()
    ):
        return
    else:
        text = "Invalid appsecret_proof provided in the API argument"
    raise GraphError(code=100, type="GraphMethodException", message=text)


def _bad(world: World, error: GraphError) -> GraphError:
    error.status = world.switches.token_status
    return error


def _ended(world: World, token: Token) -> GraphError:
    if token.dead_by == 463:
        return _expired(world.now(), world.now())
    app = world.switches.fb_app_id if token.login == "facebook" else world.switches.ig_app_id
    return refusal(190, token.dead_by, about=app)


def _expired(at: float, now: float) -> GraphError:
    """190/463 with the two dates that Meta writes out."""
    return refusal(
        190,
        463,
        message=f"Error validating access token: Session has expired on {_date(at)}."
        f" The current time is {_date(now)}.",
    )


def _date(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%A, %d-%b-%y %H:%M:%S UTC")
