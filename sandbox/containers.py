"""The life of a container: IN_PROGRESS, FINISHED, PUBLISHED, ERROR, EXPIRED.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-container
"""

from typing import Any

from sandbox.calls import Call
from sandbox.errors import refusal, unreachable
from sandbox.fields import Context, Node, Selection, attribute, select, wanted
from sandbox.rights import require, see
from sandbox.things import Container
from sandbox.world import World

TEXTS = {
    "IN_PROGRESS": "In Progress: Media is still being processed.",
    "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
    "PUBLISHED": "Published: Media has been successfully published.",
    "EXPIRED": "Expired: Media was not published within 24 hours.",
}


def status_code(world: World, container: Container) -> str:
    """Where the container stands now.

    A carousel waits for its children and fails with them. After publishing, `status_lag` keeps
    FINISHED for a while.
    """
    now = world.now()
    if container.published_at is not None:
        lag = world.switches.status_lag
        return "PUBLISHED" if now >= container.published_at + lag else "FINISHED"
    if now >= container.created_at + world.switches.container_lifetime:
        return "EXPIRED"
    if container.error_subcode is not None:
        return "ERROR"
    if container.stuck or container.polls_left > 0 or now < container.ready_at:
        return "IN_PROGRESS"
    return _of_children(world, container)


def _of_children(world: World, container: Container) -> str:
    children = [world.containers[child] for child in container.children]
    states = {status_code(world, child) for child in children}
    if states & {"ERROR", "EXPIRED"}:
        return "ERROR"
    return "IN_PROGRESS" if "IN_PROGRESS" in states else "FINISHED"


def status_text(world: World, container: Container) -> str:
    """The `status` field: a sentence, with the subcode when it failed."""
    code = status_code(world, container)
    if code != "ERROR":
        return TEXTS[code]
    subcode = container.error_subcode or 2207032
    return f"Error: Media upload has failed with error code {subcode}"


def _copyright(_context: Context, _thing: Container, _selection: Selection) -> dict[str, Any]:
    return {"status": "completed", "matches_found": False}


CONTAINER = Node(
    name="ShadowIGMediaBuilder",
    fields={
        "id": attribute("id"),
        "status_code": lambda context, thing, _: status_code(context.world, thing),
        "status": lambda context, thing, _: status_text(context.world, thing),
        "copyright_check_status": _copyright,
    },
)


def find(world: World, container_id: str) -> Container:
    """The container, or 24/2207008."""
    container = world.containers.get(container_id)
    if container is None:
        raise refusal(24, 2207008, about=container_id)
    return container


def read(world: World, call: Call) -> dict[str, Any]:
    """`GET /{container}`; every read counts as a poll."""
    container = world.containers[call.path[0]]
    see(world, call, world.accounts[container.account_id], container.id)
    require(world, call, "read")
    if world.now() < container.created_at + world.switches.node_lag:
        raise unreachable(container.id)
    answer = select(Context(world=world, call=call), CONTAINER, container, wanted(call))
    if container.polls_left > 0:
        container.polls_left -= 1
    return answer
