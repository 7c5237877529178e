"""Every kind of error has a way of going on, and only a short list proves that nothing is live."""

import pytest

from ospost.domain.meta_codes import Kind
from ospost.domain.reactions import (
    BEFORE_INTENT,
    HOLDS,
    NEEDS_RECONNECT,
    PROVES_NOT_LIVE,
    Reaction,
    container_reaction,
)


def test_every_kind_of_error_has_a_reaction() -> None:
    assert set(BEFORE_INTENT) == set(Kind)


def test_every_kind_that_holds_says_what_is_waited_for() -> None:
    held = {kind for kind, reaction in BEFORE_INTENT.items() if reaction is Reaction.HOLD}

    assert set(HOLDS) == held


def test_only_five_refusals_prove_that_nothing_was_published() -> None:
    """Whoever adds a kind here must be able to prove that no post was ever live behind it."""
    assert {
        Kind.NOT_READY,
        Kind.TOKEN,
        Kind.PERMISSION,
        Kind.CONTAINER_GONE,
        Kind.QUOTA,
    } == PROVES_NOT_LIVE


@pytest.mark.parametrize(
    "kind",
    [Kind.TRANSIENT, Kind.SPAM_BLOCK, Kind.WROTE_ANYWAY, Kind.THROTTLED, Kind.OTHER],
)
def test_what_posts_were_live_behind_proves_nothing(kind: Kind) -> None:
    assert kind not in PROVES_NOT_LIVE


def test_what_a_new_sign_in_ends_is_held_until_then() -> None:
    assert {Kind.TOKEN, Kind.PERMISSION} == NEEDS_RECONNECT
    assert {BEFORE_INTENT[kind] for kind in NEEDS_RECONNECT} == {Reaction.HOLD}


@pytest.mark.parametrize("kind", list(Kind))
def test_a_container_that_ended_in_error_is_never_waited_for(kind: Kind) -> None:
    assert container_reaction(kind) in (Reaction.RETRY, Reaction.HOLD, Reaction.FAIL)
