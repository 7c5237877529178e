"""`/metrics` in Prometheus' format: https://prometheus.io/docs/instrumenting/exposition_formats/"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

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
from ospost.meters import BUCKETS_SECONDS, Series
from ospost.runtime import Runtime, runtime
from ospost.services import backup_folder
from ospost.services import figures as counted
from ospost.services.metrics import Figures, figures

bp = Blueprint("metrics", __name__)

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "graph_calls": ("Calls to Meta by what came of them.", ("endpoint", "outcome")),
    "steps": ("Steps of the publishing machine by how they ended.", ("step", "outcome")),
}
HISTOGRAMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "graph_seconds": ("How long calls to Meta took.", ("endpoint",)),
    "lateness_seconds": ("How late the publish call left after the due time.", ()),
    "tick_seconds": ("How long it took to look for what is due.", ()),
}


@bp.get("/metrics")
def metrics() -> Response:
    """Give the figures of this moment; no names, no texts, nothing about a single post."""
    run, session = runtime(), db.session()
    registry = CollectorRegistry()
    registry.register(
        _Collector(
            found=figures(session, now=utcnow()),
            counts=counted.total(session, run.meters),
            gauges=_of_this_machine(run),
        )
    )
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _of_this_machine(run: Runtime) -> dict[str, tuple[str, float | None]]:
    skew = run.graph.clock_skew()
    age = backup_folder.age(run.state_dir, now=utcnow())
    return {
        "ospost_disk_free_bytes": ("Room left for photos.", run.storage.free_bytes()),
        "ospost_clock_skew_seconds": (
            "How far this clock is ahead of Meta's.",
            None if skew is None else skew.total_seconds(),
        ),
        "ospost_backup_age_seconds": (
            "Age of the newest copy in the folder of backups.",
            None if age is None else age.total_seconds(),
        ),
    }


@dataclass(eq=False)
class _Collector(Collector):
    found: Figures
    counts: Mapping[Series, float]
    gauges: Mapping[str, tuple[str, float | None]]

    def collect(self) -> Iterator[Metric]:
        """Say what was counted."""
        found = self.found
        yield _by("ospost_posts", "Posts by state.", "state", found.by_state)
        yield _by("ospost_posts_held", "Posts that wait, by reason.", "reason", found.held)
        gauges: dict[str, tuple[str, float | None]] = {
            "ospost_rows_due": ("Rows whose next moment has come.", found.due),
            "ospost_rows_overdue": ("Those of them that wait for over 10 s.", found.overdue),
            "ospost_accounts_to_reconnect": (
                "Accounts that need somebody to sign in again.",
                found.accounts_to_reconnect,
            ),
            "ospost_notices_waiting": ("Notices that are not delivered.", found.notices_waiting),
            "ospost_processes": ("Processes that publish.", found.processes),
            "ospost_seconds_since_beat": (
                "Seconds since a publishing process was last heard of.",
                found.seconds_since_beat,
            ),
            "ospost_database_bytes": ("Size of the database.", found.database_bytes),
            **self.gauges,
        }
        for name, (text, value) in gauges.items():
            if value is not None:
                yield GaugeMetricFamily(name, text, value=value)
        yield from _troubles_of_scheduler()
        for name, (text, labels) in COUNTERS.items():
            yield _counter(name, text, labels, self.counts)
        for name, (text, labels) in HISTOGRAMS.items():
            yield _histogram(name, text, labels, self.counts)


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


def _by(name: str, text: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def _counter(
    name: str, text: str, labels: Iterable[str], counts: Mapping[Series, float]
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"ospost_{name}", text, labels=list(labels))
    for series, count in sorted(counts.items()):
        if series[0] == name:
            family.add_metric(list(series[1:]), count)
    return family


def _histogram(
    name: str, text: str, labels: tuple[str, ...], counts: Mapping[Series, float]
) -> HistogramMetricFamily:
    family = HistogramMetricFamily(f"ospost_{name}", text, labels=list(labels))
    known = {series[1:-1] for series in counts if series[0] == name}
    for values in sorted(known or ({()} if not labels else set())):
        so_far, buckets = 0.0, []
        for limit in (*map(str, BUCKETS_SECONDS[name]), "+Inf"):
            so_far += counts.get((name, *values, limit), 0)
            buckets.append((limit, so_far))
        total = counts.get((name, *values, "sum"), 0.0)
        family.add_metric(list(values), buckets, sum_value=total)
    return family
