"""Carries a fault out: what happens to the effect, and what goes back."""

import threading
from collections.abc import Callable
from typing import Any

from sandbox import wire
from sandbox.calls import Answer, refuse
from sandbox.errors import GraphError, refusal
from sandbox.faults import Fault
from sandbox.world import World

Perform = Callable[[], Answer]

HANG_SECONDS = 600.0
SLOW_SECONDS = 5.0
NOWHERE = "http://127.0.0.1:9/"
"""Where a redirect leads unless told otherwise: never to the real Meta."""
HTML = (
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
    "<body><h1>Sorry, something went wrong.</h1></body></html>"
)


def act(world: World, fault: Fault, perform: Perform, account_id: str | None) -> Answer:
    """Do what *fault* says with the call that *perform* would carry out."""
    if fault.kind == "late_effect":
        _later(world, fault, perform)
        return Answer(body="", wire=wire.nothing, outcome="lost, effect later")
    if fault.kind == "slow":
        world.closing.wait(_seconds(fault, SLOW_SECONDS))
    done = perform() if fault.has_effect else None
    if fault.kind == "slow_after":
        world.closing.wait(_seconds(fault, SLOW_SECONDS))
    answer = _shaped(world, fault, done, account_id)
    answer.outcome = f"fault {fault.kind}: {done.outcome if done else 'no effect'}"
    return answer


def _shaped(world: World, fault: Fault, done: Answer | None, account_id: str | None) -> Answer:
    """The answer by the kind of the fault; what has an ordinary answer keeps it."""
    kind = fault.kind
    if kind in ("error", "error_after"):
        return refuse(_error(fault))
    if kind == "throttle":
        return refuse(_throttled(fault, account_id))
    if kind == "redirect":
        place = fault.location or NOWHERE
        return Answer(body="", status=302, headers={"Location": place})
    if kind == "html_502":
        return Answer(
            body=HTML, status=fault.status or 502, content_type="text/html; charset=utf-8"
        )
    if kind == "empty":
        return Answer(body="", status=fault.status or 500)
    answer = done or Answer(body="")
    answer.wire = {
        "lost_before": wire.nothing,
        "lost_after": wire.nothing,
        "reset": wire.reset,
        "truncated": wire.half,
        "wrong_length": wire.too_short,
        "hang": wire.hang(_seconds(fault, HANG_SECONDS), world.closing),
        "hang_after": wire.hang(_seconds(fault, HANG_SECONDS), world.closing),
        "drip": wire.drip(_seconds(fault, SLOW_SECONDS), world.closing),
    }.get(kind)
    if kind == "omit":
        answer.body = _without(answer.body, set(fault.omit))
    return _bend(world, fault, answer) if kind in ("stuck", "container_error") else answer


def _later(world: World, fault: Fault, perform: Perform) -> None:
    """Carry the call out when the world's clock has moved on so far.

    A thread sees to it while real time passes; when the clock is advanced, the next call that
    arrives finds it done.
    """
    at = world.now() + _seconds(fault, SLOW_SECONDS)
    item = (at, perform)
    with world.lock:
        world.pending.append(item)

    def run() -> None:
        while item in world.pending:
            if world.closing.wait(max(0.01, min(at - world.now(), 0.2))):
                return
            catch_up(world)

    threading.Thread(target=run, daemon=True, name="late effect").start()


def catch_up(world: World) -> None:
    """Carry out what was put off to a moment that is over."""
    with world.lock:
        due = [item for item in world.pending if item[0] <= world.now()]
        for item in due:
            world.pending.remove(item)
    for _at, perform in due:
        perform()


def _seconds(fault: Fault, default: float) -> float:
    return default if fault.seconds is None else fault.seconds


def _error(fault: Fault) -> GraphError:
    """Code 2 unless the fault names another."""
    return refusal(
        2 if fault.code is None else fault.code,
        fault.subcode,
        status=fault.status,
        message=fault.message,
    )


def _throttled(fault: Fault, account_id: str | None) -> GraphError:
    """80002 unless named otherwise; `seconds` None leaves the time to regain access out."""
    error = refusal(fault.code or 80002, fault.subcode, status=fault.status, message=fault.message)
    error.headers["X-App-Usage"] = '{"call_count":100,"total_time":100,"total_cputime":100}'
    if fault.seconds is not None and account_id:
        minutes = max(1, round(fault.seconds / 60))
        error.headers["X-Business-Use-Case-Usage"] = (
            f'{{"{account_id}":[{{"type":"instagram","call_count":100,"total_cputime":100,'
            f'"total_time":100,"estimated_time_to_regain_access":{minutes}}}]}}'
        )
    return error


def _bend(world: World, fault: Fault, done: Answer) -> Answer:
    """Containers that hang or fail: `stuck` and `container_error`."""
    body = done.body if isinstance(done.body, dict) else {}
    container = world.containers.get(str(body.get("id")))
    if "status_code" in body and fault.kind == "stuck":
        body["status_code"] = "IN_PROGRESS"
    elif container is not None and fault.kind == "container_error":
        container.error_subcode = fault.subcode or 2207032
    elif container is not None and fault.seconds is not None:
        container.ready_at = world.now() + fault.seconds
    elif container is not None:
        container.stuck = True
    return done


def _without(body: Any, names: set[str]) -> Any:
    """The answer without these keys, at any depth."""
    if isinstance(body, dict):
        return {key: _without(value, names) for key, value in body.items() if key not in names}
    if isinstance(body, list):
        return [_without(item, names) for item in body]
    return body
