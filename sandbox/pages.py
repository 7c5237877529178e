"""The sandbox's own pages: a control desk, profiles and posts as a person would see them."""

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox import deeds
from sandbox.control import refuse_strangers
from sandbox.faults import ENDPOINTS, KINDS, WITH_EFFECT
from sandbox.things import Media
from sandbox.world import World

CALLS_SHOWN = 30
NUMBERS = ("code", "subcode", "count", "seconds")
WORDS = ("account", "caption_contains")


def blueprint(world: World) -> Blueprint:
    """The pages over *world*."""
    bp = Blueprint("pages", __name__)
    bp.before_request(refuse_strangers)
    _add_desk(bp, world)
    _add_profiles(bp, world)
    return bp


def _add_desk(bp: Blueprint, world: World) -> None:
    @bp.get("/")
    def desk() -> ResponseReturnValue:
        with world.lock:
            return render_template(
                "desk.html",
                accounts=list(world.accounts.values())[:40],
                counts={key: len(world.media_of[key]) for key in world.accounts},
                faults=world.faults.faults,
                kinds=KINDS,
                with_effect=WITH_EFFECT,
                endpoints=ENDPOINTS,
                switches=world.switches,
                calls=list(world.calls)[-CALLS_SHOWN:][::-1],
                ahead=world.clock_ahead,
            )

    @bp.post("/")
    def change() -> ResponseReturnValue:
        try:
            _act(world)
        except (ValueError, KeyError) as error:
            return render_template("wrong.html", error=error), 400
        return redirect("/", code=303)


def _act(world: World) -> None:
    """One of the desk's forms."""
    form = request.form
    match form.get("action"):
        case "fault":
            words = {key: form[key] for key in ("endpoint", "kind", *WORDS) if form.get(key)}
            numbers = {key: int(form[key]) for key in NUMBERS if form.get(key)}
            world.faults.add(**words, **numbers)
        case "clear":
            world.faults.remove()
        case "clock":
            deeds.advance(world, float(form["hours"]) * 3600)
        case "reset":
            deeds.reset(world)
        case "used_container":
            world.switches.patch({"used_container": form["value"]})
        case other:
            raise ValueError(f"There is no action {other!r}.")


def _add_profiles(bp: Blueprint, world: World) -> None:
    @bp.get("/<username>/")
    def profile(username: str) -> ResponseReturnValue:
        with world.lock:
            try:
                account = world.account(username)
            except KeyError:
                abort(404)
            posts = list(world.live_media(account.id))
            return render_template("profile.html", account=account, posts=posts)

    @bp.get("/p/<shortcode>/")
    def post(shortcode: str) -> ResponseReturnValue:
        with world.lock:
            media = _by_shortcode(world, shortcode)
            if media is None:
                abort(404)
            comments = [world.comments[key] for key in world.comments_of[media.id]]
            return render_template(
                "post.html",
                media=media,
                account=world.accounts[media.account_id],
                slides=[world.media[key] for key in media.children] or [media],
                comments=comments,
                accounts=world.accounts,
            )

    bp.add_app_template_filter(_clock_text, "clock_text")


def _by_shortcode(world: World, shortcode: str) -> Media | None:
    for media in world.media.values():
        if media.shortcode == shortcode:
            return media
    return None


def _clock_text(moment: float) -> str:
    """A moment as people read it, in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%d %B %Y, %H:%M:%S UTC")
