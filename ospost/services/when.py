"""Which moment a typed time means for a post, and what to ask where that is not clear."""

from datetime import datetime

from ospost.domain.schedule import (
    Resolved,
    WallKind,
    check_due,
    check_zone,
    clock,
    fold_at,
    on_wall,
    parse_wall,
    resolve,
)
from ospost.errors import Invalid
from ospost.services.typed import NOW, Weighed


def choose_moment(
    weighed: Weighed, *, date: str, zone: str, kept_due_at: datetime | None, now: datetime
) -> None:
    """Put into *weighed* when the post is due, or what is wrong with the time.

    A post that waits for *kept_due_at* may keep that time even when it has passed.
    """
    weighed.date = date
    weighed.timezone = zone or (weighed.account.timezone if weighed.account else "UTC")
    try:
        check_zone(weighed.timezone)
        if weighed.action == NOW:
            weighed.resolved, weighed.due_at = at_moment(now, weighed.timezone), now
        elif date or not weighed.is_draft:
            _understand(weighed, kept_due_at, now)
    except Invalid as error:
        weighed.complain(error)


def _understand(weighed: Weighed, kept_due_at: datetime | None, now: datetime) -> None:
    fold = int(weighed.fold) if weighed.fold else None
    resolved = resolve(parse_wall(weighed.date), weighed.timezone, fold)
    if _is_same(resolved, weighed.fold, kept_due_at):
        kept_fold = fold_at(kept_due_at, weighed.timezone) if kept_due_at else 0
        weighed.resolved = resolve(resolved.wall, weighed.timezone, kept_fold)
        weighed.due_at = kept_due_at
        return
    weighed.resolved = resolved
    if not weighed.is_draft:
        ask(resolved, weighed.fold)
        weighed.due_at = check_due(resolved.due_at, now)


def at_moment(moment: datetime, zone: str) -> Resolved:
    """Return what is kept of a post that is due at a moment instead of a typed time."""
    wall = on_wall(moment, zone).replace(microsecond=0)
    return Resolved(
        wall=wall, zone=zone, fold=fold_at(moment, zone), due_at=moment, kind=WallKind.FINE
    )


def understand_move(date: str, zone: str, *, fold: str, now: datetime) -> Resolved:
    """Return the moment that a post in *zone* is to be moved to; raises `Invalid` on `date`."""
    resolved = resolve(parse_wall(date), zone, int(fold) if fold in ("0", "1") else None)
    ask(resolved, fold)
    due_at = check_due(resolved.due_at, now)
    return resolved if due_at == resolved.due_at else at_moment(due_at, zone)


def ask(resolved: Resolved, fold: str) -> None:
    """Raise `Invalid` on field `date` when a time is double or missing and nobody chose yet."""
    if fold in ("0", "1") or resolved.kind is WallKind.FINE:
        return
    if resolved.kind is WallKind.MISSING:
        raise Invalid(
            ("date", f"{resolved.gap_label}. Send it again with fold 0 to agree, or change it.")
        )
    first, second = resolved.choices
    message = (
        f"{clock(resolved.wall)} comes twice that night."
        f" Choose {first.label} with fold 0, or {second.label} with fold 1."
    )
    raise Invalid(("date", message))


def _is_same(resolved: Resolved, fold: str, kept_due_at: datetime | None) -> bool:
    """Say whether the typed time is the one that the post has anyway."""
    if kept_due_at is None:
        return False
    whole = kept_due_at.replace(microsecond=0)
    if fold or not resolved.choices:
        return whole == resolved.due_at
    return whole in [choice.due_at for choice in resolved.choices]
