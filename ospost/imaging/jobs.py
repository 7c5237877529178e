"""The two jobs of the child: what is this file, and make a picture of it."""

import errno
import math
import traceback
from dataclasses import asdict
from typing import Any

from ospost.domain.media_rules import Crop
from ospost.imaging.encoding import encode, write
from ospost.imaging.errors import BadPicture
from ospost.imaging.opening import opened
from ospost.imaging.shaping import WHOLE, draft, shaped
from ospost.imaging.values import Limits, Purpose, Recipe

Message = dict[str, Any]


def run(request: Message, limits: Limits) -> Message:
    """Do one job; the answer holds "done", or the "reason" why the picture is bad.

    What the file system refuses goes back as "errno", a fault of ours as "fault".
    """
    try:
        done = _render(request, limits) if "purpose" in request else _probe(request, limits)
    except BadPicture as bad:
        return {"reason": bad.reason, "detail": bad.detail, "cause": bad.cause}
    except OSError as error:
        return {"errno": error.errno or errno.EIO}
    except Exception:  # noqa: BLE001  the parent raises it again, the child must live on
        return {"fault": traceback.format_exc(limit=-3)}
    return {"done": done}


def _probe(request: Message, limits: Limits) -> Message:
    """Decode the whole first picture, a JPEG as small as its decoder can, to know it is sound."""
    with opened(request["path"], limits) as source:
        image = source.image
        eighth = (math.ceil(image.width / 8), math.ceil(image.height / 8))
        draft(image, eighth, WHOLE, limits)
        image.load()
        return asdict(source.facts)


def _render(request: Message, limits: Limits) -> Message:
    crop = Crop.parse(request["crop"]) if request["crop"] else None
    recipe = Recipe(purpose=Purpose(request["purpose"]), crop=crop)
    with opened(request["path"], limits) as source:
        image = shaped(source, recipe, limits)
        encoded = encode(image, recipe.purpose, source_format=source.facts.format)
    return asdict(write(encoded, request["out_path"], image.size))
