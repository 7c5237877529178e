/** Rectangles of a cut. Pure. A cut is {x, y, w, h} in fractions of the picture, "x,y,w,h" in the form. */

export const WHOLE = { x: 0, y: 0, w: 1, h: 1 };
const TOLERANCE = 0.005;
const DIGITS = 1e6;

const between = (low, value, high) => Math.min(Math.max(value, low), high);
const rounded = (value) => Math.round(value * DIGITS) / DIGITS;

/** Read "x,y,w,h"; null when it is none. */
export function parse(text) {
  const numbers = text.split(",").map(Number);
  if (!text || numbers.length !== 4 || numbers.some(Number.isNaN)) return null;
  const [x, y, w, h] = numbers;
  return { x, y, w, h };
}

/** Write "x,y,w,h", kept inside the picture; "" when nothing is cut away. */
export function print(cut) {
  const x = rounded(between(0, cut.x, 1));
  const y = rounded(between(0, cut.y, 1));
  const w = Math.floor(between(0, cut.w, 1 - x) * DIGITS) / DIGITS;
  const h = Math.floor(between(0, cut.h, 1 - y) * DIGITS) / DIGITS;
  const isWhole = x < 0.001 && y < 0.001 && w > 0.999 && h > 0.999;
  return isWhole ? "" : [x, y, w, h].join(",");
}

/** Width / height, in pixels, of *cut* in a picture of *width* × *height*. */
export const ratioOf = (cut, width, height) => (cut.w * width) / (cut.h * height);

/** Whether Instagram takes *ratio*, between *tallest* and *widest*. */
export const isLegal = (ratio, tallest, widest) => ratio >= tallest - TOLERANCE && ratio <= widest + TOLERANCE;

/** The largest cut of *ratio* in the middle of a picture of *width* × *height*. */
export function largest(ratio, width, height) {
  const own = width / height;
  const w = Math.min(1, ratio / own);
  const h = Math.min(1, own / ratio);
  return { x: (1 - w) / 2, y: (1 - h) / 2, w, h };
}

/** The whole picture, or the largest cut that Instagram takes. */
export function nearest(width, height, tallest, widest) {
  const own = width / height;
  return isLegal(own, tallest, widest) ? WHOLE : largest(between(tallest, own, widest), width, height);
}

/**
 * Push a frame (x, y, width, height in pixels) back into a stage of *stageWidth* × *stageHeight*;
 * with a *ratio* it keeps its shape.
 */
export function clamp(frame, stageWidth, stageHeight, ratio = NaN) {
  let width = Math.min(frame.width, stageWidth);
  let height = Math.min(frame.height, stageHeight);
  if (ratio > 0) {
    width = Math.min(width, height * ratio);
    height = width / ratio;
  }
  return {
    x: between(0, frame.x, stageWidth - width),
    y: between(0, frame.y, stageHeight - height),
    width,
    height,
  };
}

/** Whether *frame* lies in the stage, a hair aside. */
export const isInside = (frame, stageWidth, stageHeight) =>
  frame.x >= -0.01 && frame.y >= -0.01 && frame.x + frame.width <= stageWidth + 0.01 && frame.y + frame.height <= stageHeight + 0.01;

/** The path, in a square of 1 × 1, of what is cut away. */
export const darkPath = ({ x, y, w, h }) => `M0 0H1V1H0ZM${x} ${y}h${w}v${h}h${-w}z`;
