"""Draws static/img/sample.jpg, the picture that a newcomer can post: hills by a lake at dusk.

Run `python scripts/sample.py` to draw it again; the same picture comes out every time.
"""

import math
import random
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1080, 1350
HORIZON = 860
SKY = ((38, 52, 98), (122, 92, 138), (232, 138, 112), (252, 200, 138))
HILLS = ((150, 96, 122), (112, 74, 110), (74, 54, 92), (42, 36, 66))
TARGET = Path(__file__).resolve().parent.parent / "static" / "img" / "sample.jpg"


def blend(colors: tuple[tuple[int, int, int], ...], height: int) -> Image.Image:
    """Return a strip of *height* that runs through *colors* from top to bottom."""
    strip = Image.new("RGB", (1, len(colors)))
    strip.putdata(colors)
    return strip.resize((WIDTH, height), Image.Resampling.BICUBIC)


def ridge(base: int, rough: float, seed: int) -> list[tuple[float, float]]:
    """Return the outline of a range of hills, a sum of waves."""
    chance = random.Random(seed)  # noqa: S311 - a drawing
    waves = [(chance.uniform(1, 9), chance.uniform(0, 6.3), 1 / n) for n in range(1, 7)]
    line = []
    for x in range(0, WIDTH + 8, 8):
        height = sum(
            share * math.sin(count * n * x / WIDTH + shift)
            for n, (count, shift, share) in enumerate(waves, 1)
        )
        line.append((float(x), base - rough * height))
    return [(0.0, float(HEIGHT)), *line, (float(WIDTH), float(HEIGHT))]


def glow(centre: tuple[int, int], radius: int, strength: int) -> Image.Image:
    """Return soft light around a point, to be added."""
    light = Image.new("L", (WIDTH, HEIGHT), 0)
    x, y = centre
    ImageDraw.Draw(light).ellipse((x - radius, y - radius, x + radius, y + radius), fill=strength)
    soft = light.filter(ImageFilter.GaussianBlur(radius * 0.7))
    return Image.merge(
        "RGB", (soft, soft.point(lambda v: v * 7 // 10), soft.point(lambda v: v // 2))
    )


def land() -> Image.Image:
    """Return sky, sun and hills down to the horizon."""
    scene = Image.new("RGB", (WIDTH, HEIGHT))
    scene.paste(blend(SKY, HORIZON), (0, 0))
    sun = (690, 610)
    for radius, strength in ((420, 70), (190, 110), (80, 130)):
        scene = ImageChops.add(scene, glow(sun, radius, strength))
    ImageDraw.Draw(scene).ellipse(
        (sun[0] - 62, sun[1] - 62, sun[0] + 62, sun[1] + 62), fill=(255, 236, 196)
    )
    scene = scene.filter(ImageFilter.GaussianBlur(1.4))
    for no, color in enumerate(HILLS):
        layer = Image.new("L", (WIDTH * 2, HEIGHT * 2), 0)
        outline = [(x * 2, y * 2) for x, y in ridge(640 + no * 62, 44 + no * 4, seed=no + 3)]
        ImageDraw.Draw(layer).polygon(outline, fill=255)
        mask = layer.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        red, green, blue = ((c + h) // 2 for c, h in zip(color, SKY[2], strict=True))
        haze = blend((color, (red, green, blue)), HEIGHT)
        scene.paste(haze, (0, 0), mask)
    return scene


def water(scene: Image.Image) -> Image.Image:
    """Lay the mirrored land below the horizon, darker and moved by small waves."""
    mirror = scene.crop((0, HORIZON - (HEIGHT - HORIZON), WIDTH, HORIZON))
    mirror = mirror.transpose(Image.Transpose.FLIP_TOP_BOTTOM).filter(ImageFilter.GaussianBlur(2))
    for y in range(mirror.height):
        shift = round(math.sin(y * 0.9) * (2 + y / 45) + math.sin(y * 0.21) * (1 + y / 70))
        row = mirror.crop((0, y, WIDTH, y + 1))
        mirror.paste(ImageChops.offset(row, shift, 0), (0, y))
    mirror = ImageChops.multiply(mirror, blend(((225, 220, 235), (120, 118, 160)), mirror.height))
    scene.paste(mirror, (0, HORIZON))
    shore = ImageDraw.Draw(scene)
    shore.line((0, HORIZON, WIDTH, HORIZON), fill=(58, 44, 76), width=3)
    return scene


def grain(scene: Image.Image) -> Image.Image:
    """Add the grain of film, so that the gradients do not band."""
    chance = random.Random(7)  # noqa: S311 - a drawing
    noise = Image.frombytes("L", (WIDTH, HEIGHT), chance.randbytes(WIDTH * HEIGHT))
    quiet = noise.point(lambda v: v // 22)
    return ImageChops.subtract(
        ImageChops.add(scene, Image.merge("RGB", (quiet,) * 3)),
        Image.new("RGB", scene.size, (5, 5, 5)),
    )


def main() -> None:
    """Draw the picture and keep it."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    grain(water(land())).save(TARGET, "JPEG", quality=84, optimize=True)
    print(f"{TARGET} {TARGET.stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
