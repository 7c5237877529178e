"""Errors of tokens, permissions and of the application's own setup.

https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging
https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from ospost.domain.meta_known import REPORT_IT, SIGN_IN_AGAIN, Kind, Known, Rows

BAD_TOKEN = Known(
    kind=Kind.TOKEN,
    title="Sign-in not accepted",
    sentence="Instagram does not recognise the sign-in that this server holds for the account.",
    remedy=SIGN_IN_AGAIN,
)
APP_REMOVED = Known(
    kind=Kind.TOKEN,
    title="Access was taken back",
    sentence="Instagram says that this app was removed from the account's list of apps.",
    remedy=SIGN_IN_AGAIN,
)
CHECKPOINT = Known(
    kind=Kind.TOKEN,
    title="Security check waiting",
    sentence="Instagram wants the person to pass a security check first.",
    remedy="Open facebook.com or the Instagram app, pass the check, then sign in here again.",
)
PASSWORD_CHANGED = Known(
    kind=Kind.TOKEN,
    title="Password changed",
    sentence="Instagram ended the sign-in because the password was changed or for security.",
    remedy=SIGN_IN_AGAIN,
)
EXPIRED = Known(
    kind=Kind.TOKEN,
    title="Sign-in expired",
    sentence="Instagram says that the sign-in has expired.",
    remedy=SIGN_IN_AGAIN,
)
UNCONFIRMED = Known(
    kind=Kind.TOKEN,
    title="Account not confirmed",
    sentence="Instagram wants the person to confirm their account first.",
    remedy="Open facebook.com or the Instagram app, confirm the account, then sign in here again.",
)
REVOKED = Known(
    kind=Kind.TOKEN,
    title="Signed out",
    sentence="Instagram says that the sign-in was ended, for instance by signing out everywhere.",
    remedy=SIGN_IN_AGAIN,
)
ROLE_LOST = Known(
    kind=Kind.TOKEN,
    title="Role on the Page lost",
    sentence="Instagram says that the person who connected this account lost their role on the "
    "Facebook Page.",
    remedy="Ask for the role, or let another admin of the Page sign in here.",
)
SESSION = Known(
    kind=Kind.TOKEN,
    title="Session ended",
    sentence="Instagram says that the session of this sign-in has ended.",
    remedy=SIGN_IN_AGAIN,
)
CONSENT = Known(
    kind=Kind.TOKEN,
    title="Consent missing",
    sentence="Instagram wants the person to agree anew, or they have blocked this app.",
    remedy=SIGN_IN_AGAIN,
)
CODE_EXPIRED = Known(
    kind=Kind.TOKEN,
    title="Sign-in took too long",
    sentence="Facebook says that the code of this sign-in has expired.",
    remedy="Start signing in again.",
)
CODE_USED = Known(
    kind=Kind.TOKEN,
    title="Sign-in used twice",
    sentence="Facebook says that the code of this sign-in was used already.",
    remedy="Start signing in again, and open the page only once.",
)
REDIRECT_MISMATCH = Known(
    kind=Kind.SETUP,
    title="Return address does not match",
    sentence="Facebook does not know the address to which this server wants to be called back.",
    remedy="The owner of this server pastes the exact address into the app's settings at Meta.",
)
BAD_SIGNATURE = Known(
    kind=Kind.SETUP,
    title="Signature refused",
    sentence="Instagram says that this server signed a call wrongly.",
    remedy="The owner of this server checks the app secret in the settings.",
)
NO_PROOF = Known(
    kind=Kind.SETUP,
    title="Proof of the app missing",
    sentence="Instagram wants each call signed with the app secret, and this server did not.",
    remedy="The owner of this server checks the app secret in the settings.",
)
BAD_PROOF = Known(
    kind=Kind.SETUP,
    title="Proof of the app refused",
    sentence="Instagram does not accept this server's signature of the call.",
    remedy="The owner of this server checks that the app secret belongs to the app id.",
)
WRONG_SECRET = Known(
    kind=Kind.SETUP,
    title="App secret refused",
    sentence="Facebook says that the app secret in this server's settings is wrong.",
    remedy="The owner of this server copies the app secret anew from the settings at Meta.",
)
UNKNOWN_APP = Known(
    kind=Kind.SETUP,
    title="App unknown",
    sentence="Instagram does not know the app whose id stands in this server's settings.",
    remedy="The owner of this server checks the app id in the settings.",
)
TOKEN_MISSING = Known(
    kind=Kind.SETUP,
    title="Call without sign-in",
    sentence="Instagram received a call from this server without a sign-in.",
    remedy=REPORT_IT,
)
UNKNOWN_VERSION = Known(
    kind=Kind.SETUP,
    title="Version unknown",
    sentence="Instagram does not know the version of its interface that this server asks for.",
    remedy="The owner of this server sets a version that Meta still offers.",
)
CAPABILITY = Known(
    kind=Kind.SETUP,
    title="App may not do that",
    sentence="Instagram says that the app behind this server lacks an ability that is needed.",
    remedy="The owner of this server adds the product in the app's settings at Meta.",
)
NO_PERMISSION = Known(
    kind=Kind.PERMISSION,
    title="Permission missing",
    sentence="Instagram says that a permission for this was not given.",
    remedy="Sign in again and leave all permissions switched on.",
)
FEW_VIEWERS = Known(
    kind=Kind.NO_DATA,
    title="Too few viewers",
    sentence="Instagram shows no figures before at least five people have seen a story.",
    remedy="Nothing needs to be done.",
)
LIMITED_FEATURE = Known(
    kind=Kind.NOT_SUPPORTED,
    title="Feature not open to everybody",
    sentence="Instagram has not opened this feature to the app behind this server.",
    remedy="Nothing needs to be done; everything else works.",
)
RIGHTS = Known(
    kind=Kind.PERMISSION,
    title="Rights missing",
    sentence="Instagram refuses this person: a task on the Facebook Page, an authorisation or "
    "two-factor sign-in is missing.",
    remedy="Check the role on the Page and what Facebook asks for there, then sign in again.",
)
NOT_PROFESSIONAL = Known(
    kind=Kind.PERMISSION,
    title="Not a professional account",
    sentence="Instagram says that this is no professional account any more.",
    remedy="Switch it to a professional account in the Instagram app, then sign in again.",
)

SESSIONS = {
    458: APP_REMOVED,
    459: CHECKPOINT,
    460: PASSWORD_CHANGED,
    463: EXPIRED,
    464: UNCONFIRMED,
    467: REVOKED,
    492: ROLE_LOST,
}
"""Subcodes of 190, also seen with 102; 459 and 464 also come as codes."""

ACCESS: Rows = {
    (190, None): BAD_TOKEN,
    **{(190, subcode): known for subcode, known in SESSIONS.items()},
    (102, None): SESSION,
    **{(102, subcode): known for subcode, known in SESSIONS.items()},
    (459, None): CHECKPOINT,
    (464, None): UNCONFIRMED,
    (483, None): CONSENT,
    (100, 36007): CODE_EXPIRED,
    (100, 36008): REDIRECT_MISMATCH,
    (100, 36009): CODE_USED,
    (104, None): BAD_SIGNATURE,
    (101, None): UNKNOWN_APP,
    (2500, None): TOKEN_MISSING,
    (3, None): CAPABILITY,
    (10, None): NO_PERMISSION,
    (10, 9053): LIMITED_FEATURE,
    **{(code, None): RIGHTS for code in range(200, 300)},
}
