import assert from "node:assert/strict";
import test from "node:test";

import { clamp, darkPath, isInside, isLegal, largest, nearest, parse, print, ratioOf, WHOLE } from "../../static/js/crop-geometry.js";

const about = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);

test("what is printed is read again", () => {
  const cut = { x: 0.1, y: 0.125, w: 0.8, h: 0.75 };
  assert.equal(print(cut), "0.1,0.125,0.8,0.75");
  assert.deepEqual(parse(print(cut)), cut);
});

test("the whole picture prints as no cut", () => {
  assert.equal(print(WHOLE), "");
  assert.equal(print({ x: 0.0004, y: 0, w: 0.9996, h: 1 }), "");
});

test("what leaves the picture by a rounding error is printed inside it", () => {
  const [x, y, w, h] = print({ x: 0.333333333, y: -1e-9, w: 0.666666999, h: 0.5 }).split(",").map(Number);
  assert.equal(y, 0);
  assert.equal(h, 0.5);
  assert.ok(x + w <= 1);
});

test("nonsense is no cut", () => {
  for (const text of ["", "1,2,3", "a,b,c,d"]) assert.equal(parse(text), null);
});

test("the largest cut of a shape touches two sides and stands in the middle", () => {
  const cut = largest(1, 3000, 4000);
  about(cut.w, 1);
  about(cut.h, 0.75);
  about(cut.y, 0.125);
  about(ratioOf(cut, 3000, 4000), 1);
});

test("a picture that Instagram takes stays whole, others get the nearest shape", () => {
  assert.equal(nearest(3024, 4032, 0.75, 1.91), WHOLE);
  about(ratioOf(nearest(1080, 1920, 0.75, 1.91), 1080, 1920), 0.75);
  about(ratioOf(nearest(4000, 1000, 0.75, 1.91), 4000, 1000), 1.91);
});

test("the ends of the range have a tolerance of five thousandths", () => {
  assert.ok(isLegal(0.746, 0.75, 1.91));
  assert.ok(!isLegal(0.744, 0.75, 1.91));
  assert.ok(isLegal(1.914, 0.75, 1.91));
  assert.ok(!isLegal(1.916, 0.75, 1.91));
});

test("a frame that is pushed beyond the stage stops at its edge", () => {
  assert.deepEqual(clamp({ x: -40, y: 290, width: 100, height: 50 }, 400, 300), { x: 0, y: 250, width: 100, height: 50 });
});

test("a frame that grows beyond the stage keeps its shape", () => {
  const frame = clamp({ x: 10, y: 10, width: 800, height: 400 }, 400, 300, 2);
  about(frame.width / frame.height, 2);
  assert.ok(isInside(frame, 400, 300));
});

test("every clamped frame lies inside, whatever came in", () => {
  for (let i = 0; i < 500; i += 1) {
    const wild = { x: (i * 37) % 900 - 300, y: (i * 53) % 700 - 200, width: (i * 71) % 1200 + 1, height: (i * 31) % 900 + 1 };
    assert.ok(isInside(clamp(wild, 400, 300), 400, 300));
    assert.ok(isInside(clamp(wild, 400, 300, 0.8), 400, 300));
  }
});

test("what is cut away is drawn as the square without the cut", () => {
  assert.equal(darkPath({ x: 0, y: 0.25, w: 1, h: 0.5 }), "M0 0H1V1H0ZM0 0.25h1v0.5h-1z");
});
