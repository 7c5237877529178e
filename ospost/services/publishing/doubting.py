"""Whether to believe Meta when it calls a token dead in the middle of an outage of its own.

The token errors are documented as final, and a person who signs in again for nothing is the
smaller harm; but a storm of faults has been seen to bring wrong answers too. So a 190 that comes
within minutes of such a fault counts only when a second, harmless read says the same.
"""

from ospost.domain.meta_codes import Kind
from ospost.domain.reactions import OUTAGES
from ospost.graph.errors import GraphError, Refused
from ospost.services.publishing.tools import Holder, Tools


def notice(tools: Tools, work: Holder, error: GraphError) -> None:
    """Remember a fault of Meta's, or of the way there."""
    if not isinstance(error, Refused) or error.kind in OUTAGES:
        tools.breaker.stormy(work.login, now=tools.now())


def is_doubtful(tools: Tools, work: Holder, error: GraphError) -> bool:
    """Say whether *error* calls the token dead during a storm and a second read does not agree.

    The read is that of the day's limit. What cannot be read leaves the doubt, to be settled at the
    next try; a token that does not open here is not Meta's to judge.
    """
    if not isinstance(error, Refused) or error.kind is not Kind.TOKEN:
        return False
    if not tools.breaker.is_stormy(work.login, now=tools.now(), timings=tools.timings):
        return False
    try:
        tools.graph.publishing_limit(tools.access(work))
    except Refused as second:
        return second.kind is not Kind.TOKEN
    except GraphError:
        return True
    return True
