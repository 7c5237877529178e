"""What is seen of each step: a line in the log that names the post, and a count."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ospost import logs
from ospost.services.publishing.rows import LostFence, Work
from ospost.services.publishing.tools import Tools

logger = logging.getLogger(__name__)


@contextmanager
def watched(tools: Tools, step: str, work: Work) -> Iterator[None]:
    """Let all lines of a step say what it works for, and count how it ended.

    A step whose fence has moved on ends here: somebody else has the row now.
    """
    outcome = "failed"
    with logs.about(
        step=step,
        post=work.post_id,
        account=work.account_id,
        publication=work.id,
        fence=work.fence,
    ):
        try:
            yield
            outcome = "done"
        except LostFence:
            outcome = "lost_fence"
        finally:
            tools.meters.count("steps", step, outcome)
            logger.info("step %s", outcome)
