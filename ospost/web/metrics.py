"""`/metrics`: the figures of `ospost.services.metrics` in Prometheus' text format.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterator

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from helpers import utcnow
from models import db
from ospost.services.metrics import Figures, figures

bp = Blueprint("metrics", __name__)

BUCKETS_SECONDS = (0.05, 0.1, 0.25, 1.0, 5.0, 60.0, 600.0)


@bp.get("/metrics")
def metrics() -> Response:
    """Give the figures of this moment; no names, no texts, nothing about a single post."""
    registry = CollectorRegistry()
    registry.register(_Collector(figures(db.session(), now=utcnow())))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Collector(Collector):
    def __init__(self, found: Figures) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """Say what was counted."""
        found = self._found
        states = GaugeMetricFamily("ospost_posts", "Posts by state.", labels=["state"])
        for state, count in found.by_state.items():
            states.add_metric([state], count)
        yield states
        yield _lateness(found.lateness_ms)
        gauges = {
            "ospost_rows_overdue": ("Rows whose next moment has passed.", found.overdue),
            "ospost_accounts_to_reconnect": (
                "Accounts that need somebody to sign in again.",
                found.accounts_to_reconnect,
            ),
            "ospost_notices_waiting": ("Notices that are not delivered.", found.notices_waiting),
        }
        for name, (text, value) in gauges.items():
            yield GaugeMetricFamily(name, text, value=value)
        yield from _troubles_of_scheduler()
        if found.seconds_since_beat is not None:
            yield GaugeMetricFamily(
                "ospost_seconds_since_beat",
                "Seconds since a publishing process was last heard of.",
                value=found.seconds_since_beat,
            )


def _troubles_of_scheduler() -> Iterator[Metric]:
    """Count what the guard of this process met; nothing where no scheduler runs."""
    driver = current_app.extensions.get("ospost.driver")
    if driver is None:
        return
    yield CounterMetricFamily(
        "ospost_scheduler_restarts",
        "Times that the scheduler stood still and was started anew.",
        value=driver.guard.restarts,
    )
    yield CounterMetricFamily(
        "ospost_tick_failures", "Parts of ticks that failed.", value=driver.guard.failures
    )


def _lateness(lateness_ms: tuple[int, ...]) -> HistogramMetricFamily:
    seconds = [value / 1000 for value in lateness_ms]
    buckets: list[tuple[str, float]] = [
        (str(limit), sum(value <= limit for value in seconds)) for limit in BUCKETS_SECONDS
    ]
    buckets.append(("+Inf", len(seconds)))
    return HistogramMetricFamily(
        "ospost_lateness_seconds",
        "How late the publish call left after the due time, last 24 hours.",
        buckets=buckets,
        sum_value=sum(seconds),
    )
