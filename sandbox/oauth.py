"""Codes for tokens, short tokens for long ones, and refreshes, on both logins.

Facebook: /oauth/access_token. Instagram: api.instagram.com/oauth/access_token (flat errors),
graph.instagram.com/access_token and /refresh_access_token.
"""

from typing import Any

from sandbox import tokens
from sandbox.calls import Call
from sandbox.errors import GraphError, invalid, refusal, wrong_method
from sandbox.identity import app_credentials
from sandbox.things import Code, Login, Token
from sandbox.world import World

UNKNOWN = {
    "facebook": "Invalid verification code format.",
    "instagram": "Matching code was not found or was already used",
}
USED = "This authorization code has been used."
EXPIRED = "This authorization code has expired."
MISMATCH = (
    "Error validating verification code. Please make sure your redirect_uri is identical to the"
    " one you used in the OAuth dialog request"
)


def facebook_token(world: World, call: Call) -> dict[str, Any]:
    """`/oauth/access_token`: a code, a token to prolong, or the app's own token."""
    code = world.codes.get(call.get("code") or "")
    if code is not None:
        _practised_setup(code)
    app_credentials(world, call)
    kind = call.get("grant_type") or "authorization_code"
    if kind == "client_credentials":
        value = f"{world.switches.fb_app_id}|{world.switches.fb_app_secret}"
        return {"access_token": value, "token_type": "bearer"}
    if kind == "fb_exchange_token":
        return _facebook_long_lived(world, call)
    used = _spend(world, call, "facebook")
    token = tokens.issue(world, login="facebook", subject=used.subject, long_lived=False)
    return _answer(world, token, world.switches.fb_short_seconds)


def _facebook_long_lived(world: World, call: Call) -> dict[str, Any]:
    """A valid user token, short or long, for a new long-lived one."""
    old = tokens.check(world, call.need("fb_exchange_token"), facebook_host=True)
    if old.kind != "user":
        raise invalid("The fb_exchange_token must be a user access token.")
    token = tokens.issue(
        world,
        login="facebook",
        subject=old.subject,
        long_lived=True,
        data_access_expires_at=old.data_access_expires_at,
    )
    return _answer(world, token, world.switches.long_seconds)


def _practised_setup(code: Code) -> None:
    """A wrong secret or app id that the person chose to practise in the dialog."""
    if code.trouble == "app":
        raise GraphError(code=101, message="Error validating application. Invalid application ID.")
    if code.trouble == "secret":
        raise refusal(1, message="Error validating client secret.", status=400)


def _spend(world: World, call: Call, login: Login) -> Code:
    """Use a code up: 36009 used, 36007 expired, 36008 another redirect_uri."""
    value = call.need("code").removesuffix("#_").removesuffix("#_=_")
    code = world.codes.get(value)
    if code is None or code.login != login:
        raise GraphError(code=100, message=UNKNOWN[login])
    if code.used or code.trouble == "used":
        raise _code_error(36009, USED)
    if code.expires_at <= world.now() or code.trouble == "expired":
        raise _code_error(36007, EXPIRED)
    if call.get("redirect_uri") != code.redirect_uri or code.trouble == "redirect":
        raise _code_error(36008, MISMATCH)
    code.used = True
    world.changed()
    return code


def _code_error(subcode: int, message: str) -> GraphError:
    return GraphError(code=100, subcode=subcode, message=message)


def _answer(world: World, token: Token, seconds: float) -> dict[str, Any]:
    answer: dict[str, Any] = {"access_token": token.value, "token_type": "bearer"}
    if world.switches.expires_in:
        answer["expires_in"] = int(seconds)
    return answer


def instagram_code(world: World, call: Call) -> dict[str, Any]:
    """`POST https://api.instagram.com/oauth/access_token`, errors in the flat shape.

    `user_id` is the app-scoped id, a number above 2^53 in the flat answer.
    """
    try:
        token = _instagram_short(world, call)
    except GraphError as error:
        raise _flat(error) from error
    account = world.accounts[token.subject]
    grant = world.grant("instagram", account.id)
    scopes = [scope for scope, given in (grant.scopes if grant else {}).items() if given]
    as_list = world.switches.ig_permissions_shape == "list"
    answer = {
        "access_token": token.value,
        "user_id": int(account.app_scoped_id),
        "permissions": scopes if as_list else ",".join(scopes),
    }
    if world.switches.ig_answer_shape == "flat":
        return answer
    return {"data": [answer | {"user_id": account.app_scoped_id, "permissions": ",".join(scopes)}]}


def _instagram_short(world: World, call: Call) -> Token:
    switches = world.switches
    code = world.codes.get((call.get("code") or "").removesuffix("#_"))
    trouble = code.trouble if code else ""
    if call.method != "POST":
        raise wrong_method(call.method)
    if call.get("client_id") != switches.ig_app_id or trouble == "app":
        raise GraphError(code=400, message="Invalid platform app")
    if call.get("client_secret") != switches.ig_app_secret or trouble == "secret":
        raise GraphError(code=400, message="Error validating client secret.")
    if call.get("grant_type") != "authorization_code":
        raise GraphError(code=400, message="Invalid grant_type: must be authorization_code")
    used = _spend(world, call, "instagram")
    return tokens.issue(world, login="instagram", subject=used.subject, long_lived=False)


def _flat(error: GraphError) -> GraphError:
    return GraphError(code=400, message=error.message, type="OAuthException", status=400, flat=True)


def instagram_exchange(world: World, call: Call) -> dict[str, Any]:
    """`GET https://graph.instagram.com/access_token`: short for long, with the app's secret.

    A wrong secret, a pending tester invitation and a token that is no short one all get Meta's
    misleading "Unsupported request - method type: get" (the last is our reading).
    """
    if call.get("grant_type") != "ig_exchange_token":
        raise wrong_method(call.method)
    old = tokens.authenticate(world, call)
    account = world.accounts[old.subject]
    switches = world.switches
    lacking = switches.ig_exchange_needs_client_id and call.get("client_id") != switches.ig_app_id
    wrong = call.get("client_secret") != switches.ig_app_secret
    if wrong or lacking or account.tester != "accepted" or old.long_lived:
        raise wrong_method(call.method)
    token = tokens.issue(world, login="instagram", subject=account.id, long_lived=True)
    return _answer(world, token, switches.long_seconds)


def instagram_refresh(world: World, call: Call) -> dict[str, Any]:
    """`GET https://graph.instagram.com/refresh_access_token`: 60 more days.

    Only a long-lived token of 24 hours or more, unexpired, with the basic permission; the text of
    the refusal is unknown at Meta and invented here.
    """
    if call.get("grant_type") != "ig_refresh_token":
        raise wrong_method(call.method)
    old = tokens.authenticate(world, call)
    grant = world.grant("instagram", old.subject)
    young = world.now() - old.issued_at < world.switches.refresh_min_age
    if grant is None or not grant.scopes.get("instagram_business_basic"):
        raise refusal(10)
    if young or not old.long_lived:
        raise GraphError(
            code=100,
            type="IGApiException",
            message="Only a long-lived token that is at least 24 hours old can be refreshed",
        )
    seconds = world.switches.long_seconds
    if world.switches.refresh_changes_token:
        token = tokens.issue(world, login="instagram", subject=old.subject, long_lived=True)
    else:
        token = old
        token.issued_at, token.expires_at = world.now(), world.now() + seconds
    permissions = ",".join(scope for scope, given in grant.scopes.items() if given)
    return _answer(world, token, seconds) | {"permissions": permissions}
