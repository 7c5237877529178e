/** The dialog that cuts a picture. Cropper.js comes only when it opens; the server cuts. */

import { clamp, isInside, isLegal, largest, nearest, parse, print, WHOLE } from "./crop-geometry.js";

const STEP = 1;
const LEAP = 10;
const HANDLES = ["n", "e", "s", "w", "ne", "nw", "se", "sw"];

/** Build the stage; the canvas has the picture's own shape, so that its box is the picture's box. */
function build(stage, source, width, height) {
  const room = { width: stage.clientWidth, height: Math.max(200, Math.min(innerHeight * 0.5, 520)) };
  const scale = Math.min(room.width / width, room.height / height);
  const make = (name, attributes) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const canvas = make("cropper-canvas", {});
  const box = { width: width * scale, height: height * scale };
  canvas.style.width = `${box.width}px`;
  canvas.style.height = `${box.height}px`;
  const selection = make("cropper-selection", {
    movable: "", resizable: "", outlined: "", precise: "", tabindex: "0", role: "application",
    "aria-label": "Frame of the cut", "aria-describedby": "crop-help",
  });
  selection.append(
    make("cropper-handle", { action: "move", "theme-color": "rgba(255, 255, 255, 0)" }),
    ...HANDLES.map((side) => make("cropper-handle", { action: `${side}-resize`, "theme-color": "#ffffff" })),
  );
  canvas.append(
    make("cropper-image", { src: source, alt: "The photo to cut", "initial-fit": "fill" }),
    make("cropper-shade", { "theme-color": "rgba(12, 15, 14, 0.68)" }),
    selection,
  );
  stage.replaceChildren(canvas);
  return { box, selection };
}

/** What one press of *key* makes of *frame*; null when it means nothing here. */
function pressed(frame, key, step) {
  const { x, y, width, height } = frame;
  const grow = step * 4 / width;
  switch (key) {
    case "ArrowLeft": return { ...frame, x: x - step };
    case "ArrowRight": return { ...frame, x: x + step };
    case "ArrowUp": return { ...frame, y: y - step };
    case "ArrowDown": return { ...frame, y: y + step };
    case "+": case "=": return { x: x - (width * grow) / 2, y: y - (height * grow) / 2, width: width * (1 + grow), height: height * (1 + grow) };
    case "-": return { x: x + (width * grow) / 2, y: y + (height * grow) / 2, width: width * (1 - grow), height: height * (1 - grow) };
    default: return null;
  }
}

/** Open the dialog for *slide*'s picture; resolves to the new cut ("" is none), or null when cancelled. */
export async function openCrop({ source, width, height, cut, proposed, needsCut, title }) {
  await import("../vendor/cropper.esm.min.js");
  const dialog = document.getElementById("crop-dialog");
  const find = (name) => dialog.querySelector(`[data-${name}]`);
  const tallest = Number(dialog.dataset.tallest);
  const widest = Number(dialog.dataset.widest);
  const first = parse(cut) ?? parse(proposed) ?? WHOLE;
  const ending = new AbortController();
  const on = (target, name, listener) => target.addEventListener(name, listener, { signal: ending.signal });

  document.getElementById("crop-title").textContent = title;
  dialog.showModal();
  const { box, selection } = build(find("stage"), source, width, height);
  const now = () => ({ x: selection.x / box.width, y: selection.y / box.height,
    w: selection.width / box.width, h: selection.height / box.height });

  const tell = (frame = selection) => {
    const across = Math.round((frame.width / box.width) * width);
    const down = Math.round((frame.height / box.height) * height);
    const legal = isLegal(across / down, tallest, widest);
    const line = find("size");
    line.textContent = `${across.toLocaleString("en")} × ${down.toLocaleString("en")} pixels${legal ? "" : across > down ? ": too wide, Instagram takes at most 1.91:1" : ": too tall, Instagram takes at most 3:4"}`;
    line.classList.toggle("o-crop__size--bad", !legal);
    find("apply").disabled = !legal;
  };
  const frameOf = ({ x, y, w, h }) => [x * box.width, y * box.height, w * box.width, h * box.height];
  const place = (rect, ratio = NaN, name = "") => {
    selection.aspectRatio = ratio;
    selection.$change(...frameOf(rect), ratio, true);
    for (const button of dialog.querySelectorAll("[data-ratio]")) button.setAttribute("aria-pressed", String(button.dataset.ratio === name));
    tell();
  };

  on(selection, "change", (event) => {
    if (isInside(event.detail, box.width, box.height)) return tell(event.detail);
    event.preventDefault();
    const back = clamp(event.detail, box.width, box.height, selection.aspectRatio);
    return selection.$change(back.x, back.y, back.width, back.height);
  });
  on(selection, "keydown", (event) => {
    const next = pressed(selection, event.key, event.shiftKey ? LEAP : STEP);
    if (!next || next.width < 20 || next.height < 20) return;
    event.preventDefault();
    selection.$change(next.x, next.y, next.width, next.height);
  });
  for (const button of dialog.querySelectorAll("[data-ratio]")) {
    on(button, "click", () => {
      const ratio = Number(button.dataset.ratio);
      if (ratio) place(largest(ratio, width, height), ratio, button.dataset.ratio);
      else place(nearest(width, height, tallest, widest), NaN, "original");
    });
  }
  on(find("reset"), "click", () => place(first));
  find("uncut").hidden = needsCut;
  find("why").hidden = !needsCut;
  await customElements.whenDefined("cropper-selection");
  requestAnimationFrame(() => { place(first); selection.focus({ preventScroll: true }); });

  return new Promise((resolve) => {
    const close = (value) => { resolve(value); dialog.close(); };
    on(find("apply"), "click", () => close(print(now())));
    on(find("uncut"), "click", () => close(""));
    on(find("close"), "click", () => close(null));
    on(dialog, "close", () => {
      ending.abort();
      find("stage").replaceChildren();
      resolve(null); // unless a button has answered already
    });
  });
}
