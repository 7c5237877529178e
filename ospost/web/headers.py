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


def init_app(app: Flask) -> None:
    """Put the headers on every answer of *app*."""
    is_https = app.config["APP_URL"].startswith("https://")

    @app.after_request
    def add_headers(response: Response) -> Response:
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
