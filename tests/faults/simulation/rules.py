"""The machine without one of its rules, each with the world in which that shows soonest."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from ospost.domain import finding_out, matching, shooting, steps
from ospost.domain.finding_out import Verdict, Weighed
from ospost.domain.meta_codes import Kind
from ospost.domain.reactions import HOLDS, PROVES_NOT_LIVE
from ospost.domain.shooting import Aim, Meaning
from ospost.domain.states import State
from ospost.domain.steps import Preparation, Step
from ospost.domain.timings import Timings
from tests.faults.simulation.decisions import WHOLE, Decisions
from tests.faults.simulation.meta import Chaos

ROUGH = Chaos(
    copies=True,
    killed=0.01,
    stalled=0.03,
    frozen=0.006,
    outage=0.7,
    longest_outage=900.0,
    stale=1.0,
    lost=0.08,
    late=0.12,
    answer_lost=0.12,
    false_error=0.05,
    true_error=0.03,
    not_ready=0.02,
    not_sent=0.02,
    status_lag=0.7,
    list_lag=0.7,
    restored=0.3,
    twins=0.25,
)
"""Everything goes wrong more often, and Meta would copy a container that is published twice."""

LATE = replace(ROUGH, copies=False, very_late=0.15, people=0.0, twins=0.0, restored=0.0, breaks=0.0)
"""Meta carries some calls out after the quiet time, and refuses a used container.

Then the container alone keeps a post from going out twice, as long as nobody changes the post.
"""


AWAY = replace(LATE, away=1.0, token=0.1)
"""As late, and the server is down until the grace of every post is over."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A machine without one rule; *first_seed* is near a world that shows it, to save time."""

    decisions: Decisions
    chaos: Chaos = ROUGH
    first_seed: int = 0


def _without_intent(**facts: Any) -> Aim:
    """Call first, write down afterwards."""
    aim = shooting.take_aim(**facts)
    return Aim(to=State.READY, values={"next_at": aim.values["next_at"]})


def _new_when_unsure(kind: Kind | None, **facts: Any) -> Meaning:
    what = shooting.meaning(kind, **facts)
    return Meaning.REMAKE if what is Meaning.UNKNOWN else what


def _any_error_counts(kind: Kind | None, **facts: Any) -> Meaning:
    """Believe every error that Meta words, not only the short list."""
    if kind is None or kind in PROVES_NOT_LIVE:
        return shooting.meaning(kind, **facts)
    return Meaning.HOLD if kind in HOLDS else Meaning.REMAKE


def _new_when_absent(verdict: Verdict, **facts: Any) -> State:
    return finding_out.after_absence(Verdict.MAKE_NEW, **facts)


def _one_look(status: Any, listing: Any, **facts: Any) -> Weighed:
    """Decide by the first look after the quiet time that did not see the post."""
    first = finding_out.weigh(status, listing, **facts)
    if not first.absent_looks:
        return first
    long_ago = facts["now"] - timedelta(days=1)
    again = {**facts, "absent_looks": first.absent_looks, "absent_look_at": long_ago}
    return finding_out.weigh(status, listing, **again)


def _run_again_after_loss(state: State) -> State:
    return State.READY if state is State.PUBLISHING else state


def _shoot_again(state: State) -> Step:
    return Step.PREPARE if state is State.PUBLISHING else steps.step_of(state)


def _never_look_first(*, first_intent_at: object, has_good: bool) -> Preparation:
    return Preparation.POLL if has_good else Preparation.CREATE


def _missed_unseen(*, first_intent_at: object) -> State:
    return State.MISSED


def _find_taken_too(*facts: Any, taken: object, **more: Any) -> matching.Match:
    return matching.find(*facts, taken=(), **more)


def _find_newest(wanted: Any, seen: Any, **facts: Any) -> matching.Match:
    """Take what is alike for ours, whatever its words."""
    found = matching.find(wanted, seen, **facts)
    if found.listing is not matching.Listing.SEVERAL:
        return found
    free = [media for media in seen if media.media_id not in facts["taken"]]
    return matching.Match(listing=matching.Listing.ONE, media=free[-1])


def _yes(*_facts: object, **_more: object) -> bool:
    return True


NO_QUIET = replace(Timings(), quiet=timedelta())

RULES: dict[str, Cut] = {
    "intent before the call": Cut(decisions=replace(WHOLE, take_aim=_without_intent)),
    "no new container while in doubt": Cut(decisions=replace(WHOLE, meaning=_new_when_unsure)),
    "the same container when sent again": Cut(
        decisions=replace(WHOLE, after_absence=_new_when_absent), chaos=LATE
    ),
    "quiet time": Cut(decisions=replace(WHOLE, timings=NO_QUIET), first_seed=20),
    "fence read before the call": Cut(decisions=replace(WHOLE, holds_fence=_yes)),
    "fence in every write": Cut(decisions=replace(WHOLE, may_write=_yes)),
    "send deadline": Cut(decisions=replace(WHOLE, may_send=_yes)),
    "short list of errors that prove": Cut(decisions=replace(WHOLE, meaning=_any_error_counts)),
    "a proof counts for the only intent": Cut(
        decisions=replace(WHOLE, is_only_intent=_yes), chaos=LATE
    ),
    "look before running again": Cut(
        decisions=replace(WHOLE, after_loss=_run_again_after_loss, step_of=_shoot_again)
    ),
    "look before a new container": Cut(
        decisions=replace(WHOLE, preparation=_never_look_first),
        chaos=replace(ROUGH, restored=1.0, outage=0.0),
    ),
    "look before it is called missed": Cut(
        decisions=replace(WHOLE, when_too_late=_missed_unseen), chaos=AWAY, first_seed=9
    ),
    "two absent looks": Cut(decisions=replace(WHOLE, weigh=_one_look), first_seed=12),
    "one shot of an account at a time": Cut(decisions=replace(WHOLE, one_shot_per_account=False)),
    "media linked to no other post": Cut(decisions=replace(WHOLE, find=_find_taken_too)),
    "a match has the same words": Cut(decisions=replace(WHOLE, find=_find_newest)),
    "twins wait for each other": Cut(decisions=replace(WHOLE, twins_wait=False)),
}
"""Each rule by its name, and the machine without it."""
