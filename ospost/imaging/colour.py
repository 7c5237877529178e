"""Brings the colours of a decoded picture to 8-bit sRGB on white."""

import io

from PIL import Image, ImageCms

SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}
WHITE = 255
SIXTEEN_TO_EIGHT = 1 / 257  # 65535 becomes 255
SRGB = ImageCms.createProfile("sRGB")


def workable(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be resized: 8 bits, no palette, alpha as a channel."""
    if image.mode.startswith("I;16"):
        return _eight_bits(image)
    if image.mode in ("P", "PA"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode in ("RGB", "L") and "transparency" in image.info:
        return image.convert("RGBA" if image.mode == "RGB" else "LA")
    if image.mode in ("1", "La", "RGBa", "RGBX", "HSV"):
        return image.convert({"1": "L", "La": "LA", "RGBa": "RGBA"}.get(image.mode, "RGB"))
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey to 8; Pillow's own conversion clips everything bright."""
    image.info.pop("transparency", None)
    wide = image if image.mode == "I;16" else image.convert("I")
    return wide.point(lambda value: value * SIXTEEN_TO_EIGHT).convert("L")


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an RGB picture in sRGB, on white, without anything of the file's metadata."""
    flat = _on_white(image)
    managed = _by_profile(flat, profile) if profile else None
    result = _without_profile(flat) if managed is None else managed
    result.info = {}
    return result


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in ("LA", "RGBA"):
        return image
    mode = image.mode[:-1]
    ground = Image.new(mode, image.size, WHITE if mode == "L" else (WHITE,) * 3)
    ground.paste(image.convert(mode), mask=image.getchannel("A"))
    return ground


def _without_profile(image: Image.Image) -> Image.Image:
    if image.mode != "LAB":
        return image if image.mode == "RGB" else image.convert("RGB")
    lab = ImageCms.createProfile("LAB")
    managed = _transformed(image, ImageCms.ImageCmsProfile(lab))
    return image.getchannel(0).convert("RGB") if managed is None else managed


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert by the embedded profile; None when it is rubbish or of another kind of colours."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space
        name = source.profile.profile_description or ""
    except (OSError, ImageCms.PyCMSError):
        return None
    if image.mode == "RGB" and "srgb" in name.lower():
        return image
    mode = "RGB" if image.mode == "YCbCr" else image.mode
    if SPACES.get(space) != mode:
        return None
    return _transformed(image.convert(mode), source)


def _transformed(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image | None:
    try:
        return ImageCms.profileToProfile(
            image,
            source,
            ImageCms.ImageCmsProfile(SRGB),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except ImageCms.PyCMSError:
        return None
