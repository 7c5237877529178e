"""What the control API and the sandbox's own page do to a world. None of it exists at Meta."""

from typing import Any

from sandbox import tokens
from sandbox.people import seed
from sandbox.rights import FACEBOOK_SCOPES, INSTAGRAM_SCOPES
from sandbox.things import Account, Grant, Page
from sandbox.world import World

CHANGEABLE = {
    "tester": ("accepted", "pending", "none"),
    "restricted": (True, False),
    "account_type": ("BUSINESS", "MEDIA_CREATOR"),
}


def advance(world: World, seconds: object) -> None:
    """Move the world's clock forward; ValueError for anything but a positive number."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise ValueError("advance_s is a number of seconds, 0 or more.")
    with world.lock:
        world.clock_ahead += seconds
        world.changed()


def reset(world: World) -> None:
    """Begin anew with the usual people."""
    with world.lock:
        world.clear()
        world.pictures.clear()
        seed(world)


def end_tokens(world: World, whose: dict[str, Any], *, subcode: int) -> int:
    """End the tokens of a `person` (Facebook) or of an `account` (both logins); how many.

    With 458 the grant goes as well: the person removed the app, or the account from it.
    """
    with world.lock:
        if "person" in whose:
            person = world.person(str(whose["person"]))
            if subcode == 458:
                world.grants[:] = [g for g in world.grants if g.subject != person.id]
            return tokens.end(world, login="facebook", subject=person.id, subcode=subcode)
        return _end_account(world, world.account(str(whose["account"])), subcode)


def _end_account(world: World, account: Account, subcode: int) -> int:
    page = world.linked.get(account.id)
    if subcode == 458:
        world.grants[:] = [g for g in world.grants if g.subject != account.id]
        for grant in world.grants:
            grant.pages = [key for key in grant.pages if page is None or key != page.id]
    ended = 0
    for token in world.tokens.values():
        of_page = page is not None and token.page_id == page.id
        if (token.subject == account.id or of_page) and token.dead_by is None:
            token.dead_by = subcode
            ended += 1
    world.changed()
    return ended


def change_account(world: World, name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Set `tester`, `restricted` or `account_type` of an account."""
    with world.lock:
        account = world.account(name)
        for key, value in changes.items():
            if key not in CHANGEABLE or value not in CHANGEABLE[key]:
                raise ValueError(f"{key} of an account is one of {CHANGEABLE.get(key, ())}.")
        for key, value in changes.items():
            setattr(account, key, value)
        world.changed()
        return {"id": account.id, **{key: getattr(account, key) for key in CHANGEABLE}}


def change_person(world: World, name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Set `app_role`: whether the person has a role on the app."""
    with world.lock:
        person = world.person(name)
        if set(changes) != {"app_role"} or not isinstance(changes["app_role"], bool):
            raise ValueError("A person has app_role, true or false.")
        person.app_role = changes["app_role"]
        world.changed()
        return dict(vars(person))


def change_page(world: World, name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Set the `tasks` of people (by name or id) on a Page, or the linked `account` (or null)."""
    with world.lock:
        page = _page(world, name)
        if not changes or set(changes) - {"tasks", "account"}:
            raise ValueError("A Page has tasks and account.")
        for person, allowed in dict(changes.get("tasks", {})).items():
            page.tasks[world.person(person).id] = [str(task) for task in allowed]
        if "account" in changes:
            linked = changes["account"]
            page.account_id = world.account(str(linked)).id if linked else None
            world.index()
        world.changed()
        return dict(vars(page))


def _page(world: World, name: str) -> Page:
    for page in world.pages.values():
        if name in (page.id, page.name):
            return page
    raise KeyError(name)


def mint(world: World, wish: dict[str, Any]) -> dict[str, Any]:
    """Sign somebody in without a dialog: long-lived tokens with `scopes` (default: all).

    Facebook: the `person`'s token and one per Page; Instagram: the token of an `account`.
    """
    with world.lock:
        if wish.get("login") == "instagram":
            account = world.account(str(wish["account"]))
            _grant(world, "instagram", account.id, wish, INSTAGRAM_SCOPES)
            token = tokens.issue(world, login="instagram", subject=account.id, long_lived=True)
            return {"access_token": token.value, "user_id": account.id}
        person = world.person(str(wish.get("person", "Ada Marin")))
        grant = _grant(world, "facebook", person.id, wish, FACEBOOK_SCOPES)
        grant.pages = [page.id for page in world.pages_of(person.id)]
        token = tokens.issue(world, login="facebook", subject=person.id, long_lived=True)
        pages = [
            {
                "page_id": page.id,
                "account_id": page.account_id,
                "access_token": tokens.page_token(world, token, page.id).value,
            }
            for page in world.pages_of(person.id)
        ]
        return {"access_token": token.value, "pages": pages}


def _grant(
    world: World, login: Any, subject: str, wish: dict[str, Any], everything: tuple[str, ...]
) -> Grant:
    scopes = wish.get("scopes") or everything
    grant = world.grant(login, subject)
    if grant is None:
        grant = Grant(login=login, subject=subject)
        world.grants.append(grant)
    grant.scopes = {str(scope): True for scope in scopes}
    return grant
