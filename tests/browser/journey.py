"""The steps of a person's way through the whole product, in a browser, and what is to be seen there."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pillow_heif
import requests
from PIL import Image
from playwright.sync_api import Locator, Page, expect

HOME = ZoneInfo("Europe/Berlin")  # where the browser says that it is
QUARTERS = {
    (0, 0): (200, 40, 40),
    (1, 0): (40, 160, 60),
    (0, 1): (40, 60, 200),
    (1, 1): (230, 230, 230),
}
"""The colours of the test picture, by column and row: a turned or mirrored one is recognised."""
GOING_OUT = 60_000  # milliseconds that a post may take from 'scheduled in 20 s' to 'Live', on a busy machine
DROP = """([name, type, data]) => {
  const transfer = new DataTransfer();
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  transfer.items.add(new File([bytes], name, {type}));
  return transfer;
}"""
TYPES = {".heic": "image/heic", ".jpg": "image/jpeg"}


def quartered(width: int, height: int) -> Image.Image:
    """Make a grainy picture with another colour in each corner."""
    picture = Image.new("RGB", (2, 2))
    for place, colour in QUARTERS.items():
        picture.putpixel(place, colour)
    picture = picture.resize((width, height), Image.Resampling.NEAREST)
    grain = Image.effect_noise((width // 2, height // 2), 40).resize((width, height))
    return Image.blend(picture, grain.convert("RGB"), 0.15)


def phone_exif(orientation: int) -> Image.Exif:
    """Return what a phone writes into its photos: the way it was held, its make, the place."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Telephone"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return exif


def save_heic(path: Path) -> Path:
    """Write a photo of 12 megapixels, 3:4, as a phone does."""
    heif = pillow_heif.from_pillow(quartered(3024, 4032))
    exif = phone_exif(orientation=1).tobytes()
    heif.save(path, quality=60, exif=exif, enc_params={"preset": "ultrafast"})
    return path


def save_turned(path: Path) -> Path:
    """Write a photo of 12 megapixels that lies on its side and says so (orientation 6)."""
    lying = quartered(3024, 4032).transpose(Image.Transpose.ROTATE_90)
    lying.save(path, quality=85, exif=phone_exif(orientation=6))
    return path


def save_tall(path: Path) -> Path:
    """Write a photo of 9:16, which Instagram does not take as it is."""
    quartered(1080, 1920).save(path, quality=85, exif=phone_exif(orientation=1))
    return path


def assert_upright(picture: Image.Image) -> None:
    """Every corner has its own colour."""
    for (column, row), colour in QUARTERS.items():
        middle = (picture.width * (2 * column + 1) // 4, picture.height * (2 * row + 1) // 4)
        around = picture.crop((middle[0] - 8, middle[1] - 8, middle[0] + 8, middle[1] + 8))
        found = around.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
        assert isinstance(found, tuple)
        assert max(abs(a - b) for a, b in zip(found, colour, strict=True)) < 50, (found, colour)


def soon(seconds: float, zone: ZoneInfo = HOME) -> str:
    """Return the wall clock of *zone* that many seconds from now, as a time field wants it."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M:%S}"


def moment_of(wall: str, zone: ZoneInfo = HOME) -> datetime:
    """Return the moment that a time field means."""
    return datetime.fromisoformat(wall).replace(tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Practice Instagram as one looks at it from outside."""

    base_url: str

    def look(self, what: str) -> dict[str, Any]:
        """Return what the sandbox tells of itself: 'state', 'calls?endpoint=publish'."""
        answer = requests.get(f"{self.base_url}/_sandbox/{what}", timeout=10)
        found: dict[str, Any] = answer.json()
        return found

    def media(self, caption: str) -> dict[str, Any]:
        """Return the one live post with that caption."""
        [found] = [one for one in self.look("state")["media"] if one["caption"] == caption]
        return dict(found)

    def captions(self) -> list[str]:
        """Return the captions of everything that is live, oldest first."""
        media = sorted(self.look("state")["media"], key=lambda one: float(one["timestamp"]))
        return [str(one["caption"]) for one in media]

    def picture(self, caption: str) -> Image.Image:
        """Return the published picture, as it was fetched."""
        address = f"{self.base_url}/_sandbox/media/{self.media(caption)['id']}.jpg"
        answer = requests.get(address, timeout=10)
        assert answer.status_code == 200
        return Image.open(io.BytesIO(answer.content))

    def shots(self) -> Iterator[dict[str, Any]]:
        """Return every publishing call that arrived."""
        yield from self.look("calls?endpoint=publish")["calls"]

    def sent_at(self, caption: str) -> datetime:
        """Return when the only publishing call of that post arrived."""
        container = self.media(caption)["container_id"]
        [shot] = [call for call in self.shots() if call["container"] == container]
        assert shot["status"] == 200
        return datetime.fromtimestamp(shot["at_ms"] / 1000, UTC)


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Somebody at a browser; every method is what they do on one page."""

    page: Page

    def sign_in_with_facebook(self, *usernames: str) -> None:
        """From the sign-in page through the dialog; take only these accounts."""
        page = self.page
        page.goto("/")
        page.get_by_role("link", name="Sign in with Facebook").click()
        expect(page.get_by_role("heading", name="Continue as Ada Marin?")).to_be_visible()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Which accounts")).to_be_visible()
        for username in usernames:
            page.get_by_label(f"@{username}").check()
        page.get_by_role("button", name="Add the chosen accounts").click()

    def sign_in_with_instagram(self, username: str) -> None:
        """From the sign-in page through the other dialog; the one account is chosen already."""
        page = self.page
        page.get_by_role("link", name="Sign in with Instagram").click()
        page.get_by_role("link", name=f"@{username}", exact=True).click()
        expect(page.get_by_role("heading", name=f"Continue as @{username}?")).to_be_visible()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_label(f"@{username}")).to_be_checked()
        page.get_by_role("button", name="Add the chosen accounts").click()

    def welcome(self) -> None:
        """Look at the welcome page, agree to the zone that the browser says, go on to the plan."""
        page = self.page
        expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
        expect(page.get_by_label("Time zone")).to_have_value(HOME.key)
        page.get_by_role("button", name="Save and go to the plan").click()
        expect(page.get_by_role("heading", name="Plan", exact=True)).to_be_visible()

    def drop(self, photo: Path) -> None:
        """Carry a file from the desktop onto the page of a new post."""
        page = self.page
        expect(page.locator(".o-compose--ready")).to_be_visible()
        data = base64.b64encode(photo.read_bytes()).decode()
        carried = page.evaluate_handle(DROP, [photo.name, TYPES[photo.suffix], data])
        page.dispatch_event("#drop", "drop", {"dataTransfer": carried})
        expect(page.locator("[data-slide] img")).to_be_visible(timeout=30_000)

    def compose(self, caption: str, photo: Path, *, cut: str = "") -> None:
        """Open a new post, drop the picture in, agree to the *cut* that is asked for, write."""
        self.page.get_by_role("link", name="New post").first.click()
        self.drop(photo)
        if cut:
            self.agree_to_cut(cut)
        self.page.get_by_label("Caption").fill(caption)

    def agree_to_cut(self, size: str) -> None:
        """The dialog is there by itself; take what it proposes."""
        dialog = self.page.get_by_role("dialog", name="Cut the photo")
        expect(dialog.get_by_role("status")).to_have_text(size)
        dialog.get_by_role("button", name="Use this cut").click()
        expect(dialog).to_be_hidden()

    def schedule(self, wall: str) -> None:
        """Type the time and send the form; it comes back to the plan."""
        page = self.page
        page.get_by_label("Date and time").fill(wall)
        page.get_by_role("button", name="Schedule", exact=True).click()
        expect(page.locator("#flashes")).to_contain_text("Scheduled")

    def card(self, caption: str) -> Locator:
        """Return the post's card on the plan."""
        title = self.page.get_by_role("link", name=caption, exact=True)
        return self.page.locator(".o-card").filter(has=title)

    def mark(self) -> None:
        """Leave a mark that no reload survives."""
        self.page.evaluate("() => { window.isTheSame = true; }")

    def is_marked(self) -> bool:
        """Say whether the page is still the one that was marked."""
        return bool(self.page.evaluate("() => window.isTheSame === true"))

    def see_live(self, caption: str) -> None:
        """Watch the plan until the post is live and linked."""
        expect(self.card(caption)).to_contain_text("Live", timeout=GOING_OUT)
        expect(self.card(caption).get_by_role("link", name="on Instagram")).to_be_visible(
            timeout=GOING_OUT
        )

    def open_permalink(self, caption: str) -> None:
        """Open the link of the live post in another tab and see picture and words there."""
        link = self.card(caption).get_by_role("link", name="on Instagram")
        with self.page.context.expect_page() as opened:
            link.click(modifiers=["ControlOrMeta"])
        post = opened.value
        expect(post.get_by_text(caption, exact=True)).to_be_visible()
        picture = post.get_by_role("article").get_by_role("img")
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("(image) => image.naturalWidth") >= 320
        post.close()
