"""Errors of throttling, of objects and of everything that is not about one post.

https://developers.facebook.com/docs/graph-api/overview/rate-limiting
https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from ospost.domain.meta_known import NOTHING_TO_DO, REPORT_IT, Kind, Known, Rows

UNKNOWN_FAULT = Known(
    kind=Kind.TRANSIENT,
    title="Instagram had a fault",
    sentence="Instagram reported a fault of its own and did not say which.",
    remedy=NOTHING_TO_DO,
)
TOO_MUCH_DATA = Known(
    kind=Kind.TRANSIENT,
    title="Too much at once",
    sentence="Instagram wants to be asked for less at a time.",
    remedy=NOTHING_TO_DO,
)
UNAVAILABLE = Known(
    kind=Kind.TRANSIENT,
    title="Instagram is not available",
    sentence="Instagram is out of service for the moment.",
    remedy=NOTHING_TO_DO,
)
INSTAGRAM_FAULT = Known(
    kind=Kind.TRANSIENT,
    title="Instagram's servers had a fault",
    sentence="Instagram could not finish the call because of a fault of its own.",
    remedy=NOTHING_TO_DO,
)
MEDIA_FAULT = Known(
    kind=Kind.TRANSIENT,
    title="Instagram could not work on the file",
    sentence="Instagram failed while it worked on the file.",
    remedy=NOTHING_TO_DO,
)
APP_LIMIT = Known(
    kind=Kind.THROTTLED,
    title="Too many calls by this app",
    sentence="Instagram has had too many calls from this server for now.",
    remedy="Nothing needs to be done; this server waits and goes on by itself.",
)
USER_LIMIT = Known(
    kind=Kind.THROTTLED,
    title="Too many calls for this person",
    sentence="Instagram has had too many calls for this person for now.",
    remedy="Nothing needs to be done; this server waits up to an hour and goes on by itself.",
)
HASHTAG_LIMIT = Known(
    kind=Kind.THROTTLED,
    title="Hashtag searches used up",
    sentence="Instagram allows thirty different hashtag searches a week, and they are used up.",
    remedy="Search again in some days, or for a hashtag searched this week.",
)
PAGE_LIMIT = Known(
    kind=Kind.THROTTLED,
    title="Too many calls for this Page",
    sentence="Instagram has had too many calls for the Facebook Page for now.",
    remedy="Nothing needs to be done; this server waits and goes on by itself.",
)
TEMPORARY_LIMIT = Known(
    kind=Kind.THROTTLED,
    title="Limit reached for now",
    sentence="Instagram's limit for this server is reached for the moment.",
    remedy="Nothing needs to be done; this server waits and goes on by itself.",
)
RATE_LIMIT = Known(
    kind=Kind.THROTTLED,
    title="Calls came too fast",
    sentence="Instagram received calls faster than it allows.",
    remedy="Nothing needs to be done; this server waits and goes on by itself.",
)
PAGE_ACCOUNT_LIMIT = Known(
    kind=Kind.THROTTLED,
    title="Too many calls to this Page",
    sentence="Instagram's limit for calls to the Facebook Page is reached.",
    remedy="Nothing needs to be done; this server waits as long as Instagram says.",
)
ACCOUNT_LIMIT = Known(
    kind=Kind.THROTTLED,
    title="Too many calls to this account",
    sentence="Instagram's limit for calls to this account is reached.",
    remedy="Nothing needs to be done; this server waits as long as Instagram says.",
)
OTHER_LIMIT = Known(
    kind=Kind.THROTTLED,
    title="A limit is reached",
    sentence="Instagram says that one of its limits is reached.",
    remedy="Nothing needs to be done; this server waits as long as Instagram says.",
)
STORY_EDGE = Known(
    kind=Kind.BAD_REQUEST,
    title="Wrong account address",
    sentence="Instagram was asked by this server for something under a wrong id.",
    remedy="Sign in again to connect this account. If it goes on, report it.",
)
WROTE_ANYWAY = Known(
    kind=Kind.WROTE_ANYWAY,
    title="Done, but answered with an error",
    sentence="Instagram did what was asked and then refused to describe it.",
    remedy="Look on Instagram: it is most likely there.",
)
BAD_FORMAT = Known(
    kind=Kind.BAD_REQUEST,
    title="Form of the answer refused",
    sentence="Instagram does not offer the form of answer that this server asked for.",
    remedy=REPORT_IT,
)
NOT_THERE = Known(
    kind=Kind.MISSING_OBJECT,
    title="Not found at Instagram",
    sentence="Instagram cannot find it: it is gone, not readable yet, or belongs to another "
    "account.",
    remedy="This server looks again. If it goes on, sign in again to connect this account.",
)
INVALID_PARAMETER = Known(
    kind=Kind.BAD_REQUEST,
    title="Call refused",
    sentence="Instagram does not accept a detail of what this server sent.",
    remedy=REPORT_IT,
)
UNKNOWN_FIELD = Known(
    kind=Kind.BAD_REQUEST,
    title="Unknown field",
    sentence="Instagram was asked by this server for something that it does not offer here.",
    remedy=REPORT_IT,
)
WRONG_METHOD = Known(
    kind=Kind.SETUP,
    title="Account not open to this app",
    sentence="Instagram does not let this app use the account that was asked for.",
    remedy="If the app is in development, accept the tester invitation in Instagram's settings; "
    "then sign in again.",
)
BEFORE_CONVERSION = Known(
    kind=Kind.NO_DATA,
    title="Older than the professional account",
    sentence="Instagram keeps no figures for posts from before the account was professional.",
    remedy="Nothing needs to be done.",
)
BLOCKED = Known(
    kind=Kind.SPAM_BLOCK,
    title="Blocked by Instagram's rules",
    sentence="Instagram blocks this action under its rules for now.",
    remedy="Open the Instagram app, read what it says there, and wait some days.",
)
BLOCKED_TOO_OFTEN = Known(
    kind=Kind.SPAM_BLOCK,
    title="Posting too often",
    sentence="Instagram blocks this action because the account was too active.",
    remedy="Leave the account alone for some days.",
)
BLOCKED_IDENTITY = Known(
    kind=Kind.SPAM_BLOCK,
    title="Identity check waiting",
    sentence="Instagram blocks this action until the person has proved who they are.",
    remedy="Open the Instagram app and pass the check.",
)
BLOCKED_REPEATED = Known(
    kind=Kind.SPAM_BLOCK,
    title="Content repeated",
    sentence="Instagram blocks this action because the same content was posted before.",
    remedy="Change the photo or the text.",
)
DUPLICATE = Known(
    kind=Kind.BAD_TEXT,
    title="Same post again",
    sentence="Instagram refuses to take the same post twice in a row.",
    remedy="Change the photo or the text.",
)
UNKNOWN_ALIAS = Known(
    kind=Kind.MISSING_OBJECT,
    title="Unknown id",
    sentence="Instagram does not know one of the ids that this server asked for.",
    remedy="Sign in again to connect this account. If it goes on, report it.",
)
OLD_VERSION = Known(
    kind=Kind.SETUP,
    title="Version too old",
    sentence="Instagram has ended the version of its interface that this server uses.",
    remedy="The owner of this server sets a newer version.",
)
USER_UNAVAILABLE = Known(
    kind=Kind.ACCOUNT_RESTRICTED,
    title="Account not available",
    sentence="Instagram says that this account is not available.",
    remedy="Open the Instagram app and check whether the account can be used there.",
)

GENERAL: Rows = {
    (-2, None): MEDIA_FAULT,
    (-1, None): INSTAGRAM_FAULT,
    (1, None): UNKNOWN_FAULT,
    (2, None): UNAVAILABLE,
    (4, None): APP_LIMIT,
    (12, None): STORY_EDGE,
    (17, None): USER_LIMIT,
    (17, 2446079): USER_LIMIT,
    (18, None): HASHTAG_LIMIT,
    (20, 1772107): WROTE_ANYWAY,
    (20, None): BAD_FORMAT,
    (32, None): PAGE_LIMIT,
    (33, None): NOT_THERE,
    (100, 33): NOT_THERE,
    (100, None): INVALID_PARAMETER,
    (100, 2108006): BEFORE_CONVERSION,
    (341, None): TEMPORARY_LIMIT,
    (368, None): BLOCKED,
    (368, 1390008): BLOCKED_TOO_OFTEN,
    (368, 4854002): BLOCKED_IDENTITY,
    (368, 1404082): BLOCKED_REPEATED,
    (506, None): DUPLICATE,
    (613, None): RATE_LIMIT,
    (613, 1996): RATE_LIMIT,
    (803, None): UNKNOWN_ALIAS,
    (2635, None): OLD_VERSION,
    (9009, None): USER_UNAVAILABLE,
    **{(code, None): OTHER_LIMIT for code in (80000, *range(80003, 80007), 80008, 80009, 80014)},
    (80001, None): PAGE_ACCOUNT_LIMIT,
    (80001, 2494055): PAGE_ACCOUNT_LIMIT,
    (80002, None): ACCOUNT_LIMIT,
    (80002, 2446079): ACCOUNT_LIMIT,
}
