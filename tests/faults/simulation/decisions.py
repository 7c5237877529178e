"""Everything that the simulated machine decides by, as one value, so that a rule can be taken out.

The functions are the machine's own (`ospost.domain`). Three rules live in SQL in the product and
are switches here: a worker's write names its fence, an account has one shot at a time, and a post
waits while one of the same words is in doubt.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ospost.domain import finding_out, matching, shooting, steps
from ospost.domain.timings import Timings

Decision = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """What the workers of one simulated world decide by."""

    timings: Timings = field(default_factory=Timings)
    take_aim: Decision = shooting.take_aim
    holds_fence: Decision = shooting.holds_fence
    may_send: Decision = shooting.may_send
    is_only_intent: Decision = shooting.is_only_intent
    meaning: Decision = shooting.meaning
    after_not_sent: Decision = shooting.after_not_sent
    spaced_until: Decision = shooting.spaced_until
    keeping: Decision = shooting.keeping
    weigh: Decision = finding_out.weigh
    after_absence: Decision = finding_out.after_absence
    next_look_at: Decision = finding_out.next_look_at
    next_link_look_at: Decision = finding_out.next_link_look_at
    find: Decision = matching.find
    step_of: Decision = steps.step_of
    after_loss: Decision = steps.after_loss
    obstacle: Decision = steps.obstacle
    when_too_late: Decision = steps.when_too_late
    is_good_container: Decision = steps.is_good_container
    is_stuck: Decision = steps.is_stuck
    preparation: Decision = steps.preparation
    resumed: Decision = steps.resumed
    may_write: Decision = shooting.holds_fence
    one_shot_per_account: bool = True
    twins_wait: bool = True


WHOLE = Decisions()
"""The machine as it is."""
