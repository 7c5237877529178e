"""How large everything is measured: as the goals say, or tiny, to see that it works."""

from dataclasses import dataclass

from tests.databases import POSTGRESQL, SQLITE


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The sizes of all parts; durations in seconds."""

    ahead_seconds: float = 25
    """How long before the first posts are due a server is started, at least."""
    punctual_posts: int = 50
    punctual_seconds: float = 60
    burst_posts: int = 1000
    burst_databases: tuple[str, ...] = (SQLITE, POSTGRESQL)
    usual_posts: int = 200
    few_posts: int = 200
    few_accounts: int = 20
    stuck_posts: int = 200
    beside_posts: int = 10
    beside_seconds: float = 20
    sizes: tuple[int, int] = (1_000, 1_000_000)
    rounds: int = 100
    idle_seconds: float = 30
    settle_seconds: float = 35
    divisor: float = 1
    """How much faster than in earnest the machine runs while it is killed."""
    image_runs: int = 7


FULL = Scale()
QUICK = Scale(
    ahead_seconds=8,
    punctual_posts=4,
    punctual_seconds=3,
    burst_posts=20,
    burst_databases=(SQLITE,),
    usual_posts=25,
    few_posts=12,
    few_accounts=4,
    stuck_posts=6,
    beside_posts=2,
    beside_seconds=2,
    sizes=(100, 2_000),
    rounds=5,
    idle_seconds=3,
    settle_seconds=2,
    divisor=20,
    image_runs=1,
)
