"""The headers that every answer carries, error pages and files included."""

from flask import Flask, Response, request

DIRECTIVES = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
CSP = "; ".join(DIRECTIVES)

FEATURES = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)

FIXED = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES),
    "X-Frame-Options": "DENY",
}

HSTS = "max-age=63072000"
FOREVER = "public, max-age=31536000, immutable"
MOST_DRAINED = 64_000_000


def init_app(app: Flask) -> None:
    """Put the headers on every answer of *app*."""
    is_https = app.config["APP_URL"].startswith("https://")

    @app.after_request
    def add_headers(response: Response) -> Response:
        _read_to_the_end(response)
        response.headers.update(FIXED)
        if is_https:
            response.headers["Strict-Transport-Security"] = HSTS
        # The pictures that Meta fetches are cross-origin; their route says so itself.
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.endpoint == "static":
            # A versioned address never changes its content; see `asset`.
            if "v" in request.args and response.status_code == 200:
                response.headers["Cache-Control"] = FOREVER
        else:
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _read_to_the_end(response: Response) -> None:
    """Take in what is left of a body that was refused unread, so that the connection stays whole.

    Only where the server ends the stream itself (gunicorn does); what is longer than a form with a
    picture closes the connection instead.
    """
    if response.status_code < 400 or not request.content_length:
        return
    if not request.environ.get("wsgi.input_terminated"):
        return
    stream, left = request.environ["wsgi.input"], MOST_DRAINED
    while left > 0 and (piece := stream.read(min(left, 65_536))):
        left -= len(piece)
    if left <= 0:
        response.headers["Connection"] = "close"
