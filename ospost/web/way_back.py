"""From an address that only takes a form back to the page on which the form stands.

After a refused form the browser shows such an address; a reload or a shared link asks for it with
GET. The answer follows from the address alone, so that it tells nobody anything; the page that it
leads to says who may see it.
"""

from collections.abc import Callable, Iterator

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

ONLY_FOR_SCRIPTS = frozenset({"files.add"})
"""Endpoints that stand on no page: a script calls them."""


def page_of_form() -> str | None:
    """Return the page of the form whose address a browser asks for with GET, None without one."""
    if request.method != "GET" or not _is_browser():
        return None
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return None
    try:
        endpoint, _ = adapter.match(method="POST")
    except HTTPException:
        return None  # it takes something else than a form
    if endpoint in ONLY_FOR_SCRIPTS:
        return None
    if endpoint in _ELSEWHERE:
        return _ELSEWHERE[endpoint]()
    return next((path for path in _nearest(request.path) if _is_page(adapter, path)), None)


def _is_browser() -> bool:
    return any(mime.lower() == "text/html" for mime, quality in request.accept_mimetypes if quality)


def _compose() -> str:
    """Return the compose form that was checked: that of an edit where the address names a post."""
    post_id = request.args.get("post", "")
    if post_id.isascii() and post_id.isdecimal():
        return url_for("posts.edit", post_id=int(post_id))
    return url_for("posts.add")


_ELSEWHERE: dict[str, Callable[[], str]] = {
    "checks.form": _compose,
    "accounts.invite": lambda: url_for("accounts.index"),
    "accounts.revoke_invitation": lambda: url_for("accounts.index"),
    "auth.logout": lambda: url_for("person.index"),
}
"""Forms whose page does not follow from their address."""


def _nearest(path: str) -> Iterator[str]:
    """Give the addresses around *path*: without its last word, then its beginnings.

    The form of `/post/retry/7` stands on `/post/7`, that of `/account/email` on `/account`.
    """
    parts = path.strip("/").split("/")
    words = [place for place, part in enumerate(parts) if not part.isdecimal()]
    for last in words[-1:]:
        yield "/" + "/".join(parts[:last] + parts[last + 1 :])
    for end in range(len(parts) - 1, -1, -1):
        yield "/" + "/".join(parts[:end])


def _is_page(adapter: MapAdapter, path: str) -> bool:
    try:
        adapter.match(path, method="GET")
    except HTTPException:
        return False
    return True
