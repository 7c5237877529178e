"""The cut dialog on small screens and with long pictures: what the frame shows is what is cut."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk, save_picture

ON_SCREEN = """() => {
  const [picture, frame] = ["cropper-canvas", "cropper-selection"].map(
    (name) => document.querySelector(name).getBoundingClientRect());
  return [(frame.x - picture.x) / picture.width, (frame.y - picture.y) / picture.height,
    frame.width / picture.width, frame.height / picture.height];
}"""


@pytest.mark.parametrize(
    ("window", "picture"),
    [((390, 600), (900, 1600)), ((1440, 900), (400, 1600)), ((390, 844), (2400, 400))],
)
def test_the_frame_lies_on_the_picture_where_the_cut_is(
    open_desk: Callable[..., Desk],
    tmp_path: Path,
    window: tuple[int, int],
    picture: tuple[int, int],
) -> None:
    page = open_desk(viewport={"width": window[0], "height": window[1]}).page
    page.goto("/post/add")
    page.set_input_files("#media", save_picture(tmp_path / "long.jpg", *picture))
    expect(page.get_by_label("Frame of the cut")).to_be_focused()
    page.wait_for_function(f"({ON_SCREEN})()[2] > 0")  # it is drawn in the next frame

    on_screen = page.evaluate(ON_SCREEN)
    page.get_by_role("button", name="Use this cut").click()

    cut = [float(part) for part in page.locator("[name=crop]").first.input_value().split(",")]
    assert on_screen == pytest.approx(cut, abs=0.005)
