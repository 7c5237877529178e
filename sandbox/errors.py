"""Meta's errors: one exception, one catalogue of texts, and the three shapes of a body.

Codes, subcodes and user texts follow Meta's page "Error Codes" of the Instagram Platform and what
was seen in answers. Where only a message or only a user text is known, the other one and the title
are in our words. A docstring says so where a code or a whole refusal is invented here.
https://developers.facebook.com/documentation/instagram-platform/instagram-graph-api/reference/error-codes
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class GraphError(Exception):
    """A refusal in the shape of the Graph API.

    *headers* go out with the answer; *flat* is the shape of api.instagram.com.
    """

    code: int
    message: str
    subcode: int | None = None
    type: str = "OAuthException"
    status: int = 400
    title: str | None = None
    user_message: str | None = None
    transient: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    flat: bool = False

    def body(self, trace_id: str) -> dict[str, Any]:
        """The JSON that Meta would send."""
        if self.flat:
            return {
                "error_type": self.type,
                "code": self.status,
                "error_message": self.message,
            }
        error: dict[str, Any] = {"message": self.message, "type": self.type, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
            error["is_transient"] = self.transient
        elif self.transient:
            error["is_transient"] = True
        if self.title is not None:
            error["error_user_title"] = self.title
        if self.user_message is not None:
            error["error_user_msg"] = self.user_message
        error["fbtrace_id"] = trace_id
        return {"error": error}

    @property
    def challenge(self) -> str | None:
        """The WWW-Authenticate header of an OAuth error."""
        if self.type != "OAuthException" or self.flat:
            return None
        kinds = {190: "invalid_token", 102: "invalid_token"}
        kind = "invalid_code" if self.subcode in (36007, 36008, 36009) else kinds.get(self.code)
        text = self.message.encode("ascii", "replace").decode().replace('"', "'")
        return f'OAuth "Facebook Platform" "{kind or "invalid_request"}" "{text}"'


@dataclass(frozen=True, kw_only=True)
class Text:
    """How one code and subcode reads."""

    message: str
    title: str | None = None
    user: str | None = None


TEXTS: dict[tuple[int, int | None], Text] = {
    (-2, 2207003): Text(
        message="Timeout",
        title="Timeout",
        user="It takes too long to download the media.",
    ),
    (-2, 2207020): Text(
        message="Fatal",
        user="The media you are trying to access has expired. Please try to upload again.",
    ),
    (-1, 2207001): Text(message="Instagram server error. Try again."),
    (-1, 2207032): Text(message="Fatal", user="Create media fail, please try to re-create media"),
    (-1, 2207053): Text(message="Fatal", user="unknown upload error"),
    (-1, 2207085): Text(message="Fatal"),
    (1, None): Text(message="An unknown error occurred"),
    (2, None): Text(message="An unexpected error has occurred. Please retry your request later."),
    (4, None): Text(message="(#4) Application request limit reached"),
    (4, 2207051): Text(
        message="Application request limit reached",
        title="Action is blocked",
        user="We restrict certain activity to protect our community."
        " Tell us if you think we made a mistake.",
    ),
    (9, 2207042): Text(
        message="Application request limit reached",
        title="Reached max number of posts",
        user="You reached maximum number of posts that is allowed to be published by"
        " Content Publishing API.",
    ),
    (10, None): Text(message="(#10) Application does not have permission for this action"),
    (17, None): Text(message="(#17) User request limit reached"),
    (20, 1772107): Text(message="This API call does not support the requested response format"),
    (24, 2207006): Text(
        message="The requested resource does not exist",
        title="Media not found",
        user="The media with {id} cannot be found",
    ),
    (24, 2207008): Text(
        message="The requested resource does not exist",
        title="Media builder not found",
        user="The media builder with creation id = {id} does not exist or has been expired.",
    ),
    (25, 2207050): Text(
        message="Instagram account is restricted",
        title="Account restricted",
        user="The Instagram account is restricted.",
    ),
    (32, None): Text(message="(#32) Page request limit reached"),
    (100, None): Text(message="(#100) Invalid parameter"),
    (100, 33): Text(
        message="Unsupported get request. Object with ID '{id}' does not exist, cannot be loaded"
        " due to missing permissions, or does not support this operation. Please read the Graph"
        " API documentation at https://developers.facebook.com/docs/graph-api"
    ),
    (100, 2207023): Text(
        message="Invalid parameter",
        title="Unknown media type",
        user="The media type {id} is unknown.",
    ),
    (100, 2207028): Text(
        message="Invalid parameter",
        title="Invalid carousel",
        user="Your post won't work as a carousel. Carousels need at least 2 photos/videos and no"
        " more than 10 photos/videos. Please try again.",
    ),
    (100, 2207040): Text(
        message="Invalid parameter", user="Cannot use more than 20 tags per created media."
    ),
    (110, 2207018): Text(
        message="Invalid user id",
        title="Cannot load user with a private profile or invalid username",
        user="The following user(s) cannot be accessed: {id}",
    ),
    (190, None): Text(message="Invalid OAuth access token - Cannot parse access token"),
    (190, 458): Text(
        message="Error validating access token: The user has not authorized application {id}."
    ),
    (190, 459): Text(
        message="Error validating access token: The user is enrolled in a blocking, logged-in"
        " checkpoint"
    ),
    (190, 460): Text(
        message="Error validating access token: The session has been invalidated because the user"
        " changed their password or Facebook has changed the session for security reasons."
    ),
    (190, 463): Text(message="Error validating access token: Session has expired."),
    (190, 464): Text(
        message="Error validating access token: Sessions for the user are not allowed because the"
        " user is not a confirmed user."
    ),
    (190, 467): Text(
        message="Error validating access token: The session is invalid because the user logged out."
    ),
    (190, 492): Text(
        message="Error validating access token: The session has been invalidated because the user"
        " does not have an appropriate role on the Page."
    ),
    (200, None): Text(message="(#200) Permissions error"),
    (341, None): Text(message="(#341) Application limit reached"),
    (352, 2207026): Text(
        message="The video file you selected is in a format that we don't support.",
        user="The video format is not supported. Please check spec for supported video format",
    ),
    (368, None): Text(
        message="The action attempted has been deemed abusive or is otherwise disallowed"
    ),
    (613, None): Text(message="(#613) Calls to this api have exceeded the rate limit."),
    (9004, 2207052): Text(
        message="Only photo or video can be accepted as media type.",
        title="Media download has failed.",
        user="The media could not be fetched from this uri: {id}",
    ),
    (9007, 2207027): Text(
        message="Media ID is not available",
        title="Cannot Publish",
        user="The media is not ready for publishing, please wait for a moment",
    ),
    (36000, 2207004): Text(
        message="The image size is too large.",
        title="Image size too large",
        user="The image is too large to download. It should be less than 8 MiB.",
    ),
    (36001, 2207005): Text(
        message="The image format is not supported.",
        title="Unsupported image format",
        user="The image format {id} is not supported. Supported formats are: JPEG.",
    ),
    (36003, 2207009): Text(
        message="The submitted image with aspect ratio cannot be published.",
        title="Invalid aspect ratio",
        user="The submitted image with aspect ratio {id} cannot be published. Please submit an"
        " image with a valid aspect ratio.",
    ),
    (36004, 2207010): Text(
        message="The caption was too long.",
        title="Caption too long",
        user="The submitted caption has {id}, it may have at most 2200 characters, 30 hashtags"
        " and 20 tags.",
    ),
    (80001, None): Text(
        message="(#80001) There have been too many calls to this Page account. Wait a bit and try"
        " again."
    ),
    (80002, None): Text(
        message="(#80002) There have been too many calls to this Instagram account. Wait a bit and"
        " try again. For more info, please refer to"
        " https://developers.facebook.com/docs/graph-api/overview/rate-limiting."
    ),
}

TRANSIENT = {(1, None), (2, None), (4, None), (17, None), (32, None), (341, None), (613, None)}
THROTTLES = (4, 17, 32, 341, 613, 80001, 80002)


def refusal(code: int, subcode: int | None = None, **more: Any) -> GraphError:
    """The error of *code* and *subcode* with Meta's text; *about* fills the text's one gap.

    Other keywords replace fields of the error. A pair that the catalogue does not have reads
    "(#code) sandbox fault", which is invented.
    """
    about = str(more.pop("about", ""))
    text = TEXTS.get((code, subcode)) or Text(message=f"(#{code}) sandbox fault")
    error = GraphError(
        code=code,
        subcode=subcode,
        message=text.message.replace("{id}", about),
        title=text.title,
        user_message=text.user and text.user.replace("{id}", about),
        status=_status(code),
        transient=(code, subcode) in TRANSIENT,
    )
    if (code, subcode) == (100, 33):
        error.type = "GraphMethodException"
    for name, value in more.items():
        if value is not None:
            setattr(error, name, value)
    return error


def _status(code: int) -> int:
    """HTTP status by code: 403 for permissions, 500 for Meta's own failures, else 400."""
    if code in (1, 2):
        return 500
    if code == 10 or 200 <= code <= 299:
        return 403
    return 400


def missing(name: str) -> GraphError:
    """A required parameter is not there."""
    return GraphError(code=100, message=f"(#100) The parameter {name} is required")


def invalid(message: str) -> GraphError:
    """A parameter is wrong; *message* follows "(#100) "."""
    return GraphError(code=100, message=f"(#100) {message}")


def unreachable(object_id: str, method: str = "get") -> GraphError:
    """100/33: no such object, not yet, or not for this token."""
    error = refusal(100, 33, about=object_id)
    error.message = error.message.replace("Unsupported get", f"Unsupported {method.lower()}")
    return error


def wrong_method(method: str) -> GraphError:
    """What graph.instagram.com says to a wrong id, a wrong secret and much else."""
    return GraphError(
        code=100,
        type="IGApiException",
        message=f"Unsupported request - method type: {method.lower()}",
    )
