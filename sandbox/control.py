"""The control API of the sandbox: `/_sandbox/…`, JSON in and out. None of it exists at Meta.

| call | does |
| --- | --- |
| `GET /_sandbox/switches`, `PATCH` `{name: value}` | every switch of `sandbox.switches.Switches` |
| `GET /_sandbox/faults`, `POST` a fault, `DELETE`, `DELETE /_sandbox/faults/<id>` | what goes wrong |
| `GET /_sandbox/clock`, `POST` `{"advance_s": 3600}` | the world's time; it only goes forward |
| `POST /_sandbox/reset` | everything as new: people, switches, faults, clock, log |
| `GET /_sandbox/state` | people, accounts, containers, media, grants, tokens as counts |
| `GET /_sandbox/calls?endpoint=&account=&since_ms=`, `DELETE` | the log of calls, never a token |
| `POST /_sandbox/revoke` `{"person"\\|"account", "subcode": 458}` | tokens die; 458 drops the grant |
| `POST /_sandbox/password` `{"person"\\|"account"}` | the same with 460, the grant stays |
| `POST /_sandbox/accounts` `{"count", "person"}` | more Pages with an account each |
| `PATCH /_sandbox/accounts/<name>` `{"tester", "restricted", …}` | change one |
| `PATCH /_sandbox/people/<name>` `{"app_role"}`, `/_sandbox/pages/<name>` `{"tasks", "account"}` | |
| `POST /_sandbox/tokens` `{"login", "person"\\|"account", "scopes"}` | sign in without a dialog |
| `GET /_sandbox/media/<id>.jpg` | a published picture, the bytes as they were fetched |

Switches, by what they are about (`sandbox.switches` has the default and the meaning of each):

- apps: `fb_app_id`, `fb_app_secret`, `ig_app_id`, `ig_app_secret`, `redirect_uris`, `app_live`,
  `config_scopes`, `versions`, `default_version`
- tokens: `require_proof`, `token_status`, `fb_code_seconds`, `ig_code_seconds`,
  `fb_short_seconds`, `ig_short_seconds`, `long_seconds`, `expires_in`, `ig_answer_shape`,
  `ig_permissions_shape`, `refresh_min_age`, `refresh_changes_token`,
  `ig_exchange_needs_client_id`
- publishing: `quota_total`, `quota_duration`, `containers_per_day`, `containers_error_code`,
  `container_seconds`, `container_polls`, `container_lifetime`, `used_container`,
  `broken_container`
- pictures and texts: `image_errors`, `ratio_min`, `ratio_max`, `ratio_tolerance`,
  `image_formats`, `max_image_bytes`, `fetch_seconds`, `caption_unit`, `child_caption`,
  `comment_rules`
- reading and answers: `status_lag`, `list_lag`, `node_lag`, `permalink`, `usage_headers`,
  `usage_percent`, `date_skew`, `date_follows_clock`, `latency`

A fault: `{endpoint, kind, code, subcode, status, message, count, skip, method, account, container,
caption_contains, seconds, location, omit, effect}`; `sandbox.faults.ENDPOINTS` and `KINDS` list
the words. Example: the answers of the next 20 publish calls are lost after the effect:
`{"endpoint": "publish", "kind": "lost_after", "count": 20}`.

Errors are `{"error": "…"}` with 400 or 404. Pages of other origins may not write here.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox import deeds, snapshot
from sandbox.people import add_accounts
from sandbox.world import World


def blueprint(world: World) -> Blueprint:
    """The control API over *world*."""
    bp = Blueprint("control", __name__, url_prefix="/_sandbox")
    bp.before_request(refuse_strangers)
    bp.register_error_handler(ValueError, _bad)
    bp.register_error_handler(KeyError, _unknown)
    bp.register_error_handler(TypeError, _bad)
    _add_switches(bp, world)
    _add_faults(bp, world)
    _add_clock(bp, world)
    _add_looks(bp, world)
    _add_people(bp, world)
    return bp


def refuse_strangers() -> ResponseReturnValue | None:
    """A page of another site may not change this world through somebody's browser."""
    writes = request.method not in ("GET", "HEAD", "OPTIONS")
    if writes and request.headers.get("Sec-Fetch-Site") == "cross-site":
        return jsonify(error="Not from another site."), 403
    return None


def _bad(error: Exception) -> ResponseReturnValue:
    return jsonify(error=str(error)), 400


def _unknown(error: Exception) -> ResponseReturnValue:
    return jsonify(error=f"There is no {error}."), 404


def body() -> dict[str, Any]:
    """The JSON object of the request, empty when there is none; TypeError for anything else."""
    found = request.get_json(silent=True) if request.data else {}
    if not isinstance(found, dict):
        raise TypeError("Send a JSON object.")
    return found


def _add_switches(bp: Blueprint, world: World) -> None:
    @bp.get("/switches")
    def switches() -> ResponseReturnValue:
        return jsonify(vars(world.switches))

    @bp.patch("/switches")
    def change_switches() -> ResponseReturnValue:
        with world.lock:
            world.switches.patch(body())
            world.changed()
        return jsonify(vars(world.switches))


def _add_faults(bp: Blueprint, world: World) -> None:
    @bp.get("/faults")
    def faults() -> ResponseReturnValue:
        return jsonify(faults=world.faults.as_json())

    @bp.post("/faults")
    def add_fault() -> ResponseReturnValue:
        fault = world.faults.add(**body())
        return jsonify(vars(fault)), 201

    @bp.delete("/faults")
    def clear_faults() -> ResponseReturnValue:
        world.faults.remove()
        return jsonify(faults=[])

    @bp.delete("/faults/<int:fault_id>")
    def remove_fault(fault_id: int) -> ResponseReturnValue:
        world.faults.remove(fault_id)
        return jsonify(faults=world.faults.as_json())


def _add_clock(bp: Blueprint, world: World) -> None:
    @bp.get("/clock")
    def clock() -> ResponseReturnValue:
        return jsonify(now_ms=round(world.now() * 1000), ahead_s=world.clock_ahead)

    @bp.post("/clock")
    def advance() -> ResponseReturnValue:
        deeds.advance(world, body().get("advance_s"))
        return clock()

    @bp.post("/reset")
    def reset() -> ResponseReturnValue:
        deeds.reset(world)
        return jsonify(reset=True)


def _add_looks(bp: Blueprint, world: World) -> None:
    @bp.get("/state")
    def state() -> ResponseReturnValue:
        return jsonify(snapshot.of(world))

    @bp.get("/calls")
    def calls() -> ResponseReturnValue:
        wanted = {name: request.args[name] for name in snapshot.FILTERS if name in request.args}
        return jsonify(calls=snapshot.calls(world, wanted, request.args.get("since_ms")))

    @bp.delete("/calls")
    def forget_calls() -> ResponseReturnValue:
        world.calls.clear()
        return jsonify(calls=[])

    @bp.get("/media/<media_id>.jpg")
    def picture(media_id: str) -> ResponseReturnValue:
        content = snapshot.picture(world, media_id)
        return Response(content, content_type="image/jpeg")

    @bp.get("/avatar/<account_id>.jpg")
    def avatar(account_id: str) -> ResponseReturnValue:
        content = snapshot.avatar(world.account(account_id))
        return Response(content, content_type="image/jpeg")


def _add_people(bp: Blueprint, world: World) -> None:
    @bp.post("/revoke")
    def revoke() -> ResponseReturnValue:
        found = body()
        subcode = int(found.get("subcode", 458))
        return jsonify(ended=deeds.end_tokens(world, found, subcode=subcode))

    @bp.post("/password")
    def password() -> ResponseReturnValue:
        return jsonify(ended=deeds.end_tokens(world, body(), subcode=460))

    @bp.post("/accounts")
    def more_accounts() -> ResponseReturnValue:
        found = body()
        with world.lock:
            made = add_accounts(
                world, count=int(found["count"]), person=found.get("person", "Ada Marin")
            )
        return jsonify(accounts=[{"id": a.id, "username": a.username} for a in made]), 201

    @bp.patch("/accounts/<name>")
    def change_account(name: str) -> ResponseReturnValue:
        return jsonify(deeds.change_account(world, name, body()))

    @bp.patch("/people/<name>")
    def change_person(name: str) -> ResponseReturnValue:
        return jsonify(deeds.change_person(world, name, body()))

    @bp.patch("/pages/<name>")
    def change_page(name: str) -> ResponseReturnValue:
        return jsonify(deeds.change_page(world, name, body()))

    @bp.post("/tokens")
    def mint() -> ResponseReturnValue:
        return jsonify(deeds.mint(world, body())), 201
