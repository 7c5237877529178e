"""Errors of making and publishing a post.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes
"""

from collections.abc import Mapping

from ospost.domain.meta_known import NOTHING_TO_DO, REPORT_IT, Kind, Known, Rows

FETCH_SLOW = Known(
    kind=Kind.FETCH_FAILED,
    title="Download took too long",
    sentence="Instagram began to download the file from this server and gave up waiting.",
    remedy="This server tries again. If it goes on, check how fast its public address answers.",
)
UPLOAD_EXPIRED = Known(
    kind=Kind.CONTAINER_GONE,
    title="Upload expired",
    sentence="Instagram no longer has the file that was uploaded for this post.",
    remedy="This server uploads it anew by itself.",
)
SERVER_ERROR = Known(
    kind=Kind.TRANSIENT,
    title="Instagram had a fault",
    sentence="Instagram reported a fault of its own servers.",
    remedy=NOTHING_TO_DO,
)
CREATE_FAILED = Known(
    kind=Kind.TRANSIENT,
    title="Upload did not work",
    sentence="Instagram could not take the upload in and asks for a new one.",
    remedy="This server uploads it anew by itself.",
)
UPLOAD_FAILED = Known(
    kind=Kind.TRANSIENT,
    title="Video upload failed",
    sentence="Instagram failed to take the video in and gave no reason.",
    remedy="This server tries again. If it goes on, save the video anew and choose it again.",
)
CANNOT_DELETE = Known(
    kind=Kind.NOT_SUPPORTED,
    title="Cannot be deleted from here",
    sentence="Instagram does not let programs delete this sort of post.",
    remedy="Delete it in the Instagram app.",
)
FATAL = Known(
    kind=Kind.TRANSIENT,
    title="Instagram stopped without a reason",
    sentence="Instagram broke off the work on this post and only called it fatal.",
    remedy="This server tries again. If it goes on, save the file anew and choose it again.",
)
BAD_COVER_MOMENT = Known(
    kind=Kind.BAD_MEDIA,
    title="Cover moment outside the video",
    sentence="Instagram found the chosen cover moment before the start or after the end.",
    remedy="Choose a cover moment inside the video.",
)
SPAM = Known(
    kind=Kind.SPAM_BLOCK,
    title="Instagram blocked the action",
    sentence="Instagram restricts this account's activity for a while to protect its community. "
    "The post may be live in spite of that.",
    remedy="Look on Instagram before doing anything. Leave the account alone for some hours.",
)
DAILY_LIMIT = Known(
    kind=Kind.QUOTA,
    title="Daily limit reached",
    sentence="Instagram takes no more posts from programs for this account today.",
    remedy="The post waits and goes out when the oldest one is a day old.",
)
UPLOAD_NOT_FOUND = Known(
    kind=Kind.CONTAINER_GONE,
    title="Upload not found",
    sentence="Instagram says that what was uploaded for this post does not exist.",
    remedy="This server uploads it anew. If it goes on, sign in again to connect the account.",
)
UPLOAD_UNKNOWN = Known(
    kind=Kind.CONTAINER_GONE,
    title="Upload unknown or expired",
    sentence="Instagram does not know the upload for this post, or it is more than a day old.",
    remedy="This server looks whether the post is live and otherwise uploads it anew.",
)
RESTRICTED = Known(
    kind=Kind.ACCOUNT_RESTRICTED,
    title="Account restricted",
    sentence="Instagram has restricted this account.",
    remedy="Open the Instagram app, do what it asks for, then let the posts go on.",
)
BAD_TYPE = Known(
    kind=Kind.BAD_REQUEST,
    title="Unknown sort of post",
    sentence="Instagram does not know the sort of post that this server asked for.",
    remedy=REPORT_IT,
)
BAD_COUNT = Known(
    kind=Kind.BAD_MEDIA,
    title="Wrong number of slides",
    sentence="Instagram takes two to ten photos or videos in a carousel.",
    remedy="Add or remove slides until there are two to ten.",
)
PRODUCT_ON_VIDEO = Known(
    kind=Kind.BAD_TAG,
    title="Product position on a video",
    sentence="Instagram does not take positions of product tags on a video.",
    remedy="Remove the positions of the product tags.",
)
PRODUCT_WITHOUT_POSITION = Known(
    kind=Kind.BAD_TAG,
    title="Product without a position",
    sentence="Instagram needs to know where in the photo each product tag sits.",
    remedy="Place each product tag in the photo.",
)
PRODUCT_REFUSED = Known(
    kind=Kind.BAD_TAG,
    title="Product tags refused",
    sentence="Instagram could not add the product tags: a product is gone or not yours to tag.",
    remedy="Remove the product or check it in the shop.",
)
TOO_MANY_TAGS = Known(
    kind=Kind.BAD_TAG,
    title="Too many tags",
    sentence="Instagram refuses so many tagged people on one photo.",
    remedy="Leave at most twenty people tagged.",
)
BAD_PERSON = Known(
    kind=Kind.BAD_TAG,
    title="Person cannot be tagged",
    sentence="Instagram cannot find a tagged or invited person, or that profile is private.",
    remedy="Check the name, written without @, or remove that person.",
)
BAD_VIDEO = Known(
    kind=Kind.BAD_MEDIA,
    title="Video format refused",
    sentence="Instagram does not support the format of this video.",
    remedy="Save it as MP4 with H.264 video and AAC sound, then choose it again.",
)
NOT_FETCHED = Known(
    kind=Kind.FETCH_FAILED,
    title="File could not be downloaded",
    sentence="Instagram could not download the file from this server, or got something that is "
    "neither a photo nor a video.",
    remedy="Check that the public address of this server opens from outside, without a login.",
)
NOT_READY = Known(
    kind=Kind.NOT_READY,
    title="Not ready yet",
    sentence="Instagram is still preparing this post.",
    remedy=NOTHING_TO_DO,
)
IMAGE_TOO_LARGE = Known(
    kind=Kind.BAD_MEDIA,
    title="Photo too large",
    sentence="Instagram takes photos of up to 8 MB; this one is larger.",
    remedy="Choose a smaller photo.",
)
IMAGE_FORMAT = Known(
    kind=Kind.BAD_MEDIA,
    title="Photo format refused",
    sentence="Instagram does not take the format of this photo.",
    remedy="Save the photo as JPEG and choose it again.",
)
IMAGE_SHAPE = Known(
    kind=Kind.BAD_MEDIA,
    title="Photo too tall or too wide",
    sentence="Instagram does not take the shape of this photo.",
    remedy="Crop it to between 4:5 (tall) and 1.91:1 (wide).",
)
CAPTION_TOO_LONG = Known(
    kind=Kind.BAD_TEXT,
    title="Caption refused",
    sentence="Instagram refuses the caption: it is too long, or has too many hashtags or mentions.",
    remedy="Stay within 2,200 characters, 30 hashtags and 20 mentions.",
)
VIDEO_NOT_PROCESSED = Known(
    kind=Kind.BAD_MEDIA,
    title="Video could not be processed",
    sentence="Instagram could not read the video, or not all of it.",
    remedy="Save it as MP4 with H.264 video and AAC sound, then choose it again.",
)
VIDEO_NOT_FETCHED = Known(
    kind=Kind.FETCH_FAILED,
    title="Video could not be downloaded",
    sentence="Instagram could not download the video from this server.",
    remedy="Check that the public address of this server opens from outside, without a login.",
)
NO_TRIALS = Known(
    kind=Kind.NOT_SUPPORTED,
    title="Trial reels not open to this account",
    sentence="Instagram does not offer trial reels to this account.",
    remedy="Turn the trial off for this reel.",
)
PROCESSING_FAILED = Known(
    kind=Kind.TRANSIENT,
    title="Video processing failed",
    sentence="Instagram took the video in and failed while working on it.",
    remedy="This server tries again. If it goes on, make a lighter copy with sound in it.",
)
BAD_PLACE = Known(
    kind=Kind.BAD_TAG,
    title="Place refused",
    sentence="Instagram cannot use the chosen place: it has no position on the map.",
    remedy="Choose another place or none.",
)
BAD_PARTNER = Known(
    kind=Kind.BAD_TAG,
    title="Partner refused",
    sentence="Instagram refuses the partner named for paid partnership.",
    remedy="Check the partner's name or remove it.",
)
PARTNER_NOT_ALLOWED = Known(
    kind=Kind.BAD_TAG,
    title="Partner has not agreed",
    sentence="Instagram does not let this account name that partner.",
    remedy="Ask the partner to approve this account, or remove the partner.",
)
AUDIO_SEARCH = Known(
    kind=Kind.BAD_REQUEST,
    title="Music search refused",
    sentence="Instagram refuses the way in which this server searched for music.",
    remedy=REPORT_IT,
)

PUBLISHING: Rows = {
    (-2, 2207003): FETCH_SLOW,
    (-2, 2207020): UPLOAD_EXPIRED,
    (-1, 2207001): SERVER_ERROR,
    (-1, 2207032): CREATE_FAILED,
    (-1, 2207053): UPLOAD_FAILED,
    (-1, 2207073): CANNOT_DELETE,
    (-1, 2207085): FATAL,
    (1, 2207057): BAD_COVER_MOMENT,
    (4, 2207051): SPAM,
    **dict.fromkeys(((9, 2207042), (9, None)), DAILY_LIMIT),
    (24, 2207006): UPLOAD_NOT_FOUND,
    **dict.fromkeys(((24, 2207008), (24, None)), UPLOAD_UNKNOWN),
    **dict.fromkeys(((25, 2207050), (25, None)), RESTRICTED),
    (100, 2207023): BAD_TYPE,
    (100, 2207028): BAD_COUNT,
    (100, 2207035): PRODUCT_ON_VIDEO,
    (100, 2207036): PRODUCT_WITHOUT_POSITION,
    (100, 2207037): PRODUCT_REFUSED,
    (100, 2207040): TOO_MANY_TAGS,
    **dict.fromkeys(((110, 2207018), (110, None)), BAD_PERSON),
    **dict.fromkeys(((352, 2207026), (352, None)), BAD_VIDEO),
    **dict.fromkeys(((9004, 2207052), (9004, None)), NOT_FETCHED),
    **dict.fromkeys(((9007, 2207027), (9007, None)), NOT_READY),
    **dict.fromkeys(((36000, 2207004), (36000, None)), IMAGE_TOO_LARGE),
    **dict.fromkeys(((36001, 2207005), (36001, None)), IMAGE_FORMAT),
    **dict.fromkeys(((36003, 2207009), (36003, None)), IMAGE_SHAPE),
    **dict.fromkeys(((36004, 2207010), (36004, None)), CAPTION_TOO_LONG),
    **{(100, subcode): AUDIO_SEARCH for subcode in range(9050, 9065)},
}

BY_SUBCODE: Mapping[int, Known] = {
    **{sub: known for (_, sub), known in PUBLISHING.items() if sub is not None and sub > 2_200_000},
    2207076: VIDEO_NOT_PROCESSED,
    2207077: VIDEO_NOT_FETCHED,
    2207081: NO_TRIALS,
    2207082: PROCESSING_FAILED,
}
"""Subcodes of publishing mean the same under any code; a container's status names no code."""

CODED_EXCEPTIONS: Mapping[str, Known] = {
    "INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID": BAD_PLACE,
    "INSTAGRAM_PLATFORM_API__INVALID_PARAM": BAD_PARTNER,
    "INSTAGRAM_PLATFORM_API__PERMISSION": PARTNER_NOT_ALLOWED,
}
"""Names that stand in the message instead of a subcode."""
