import assert from "node:assert/strict";
import test from "node:test";

import { count, lines, standing } from "../../static/js/counters.js";

test("an emoji of one code point counts once, a line end once", () => {
  assert.equal(count("🌅").characters, 1);
  assert.equal(count("a\r\nb").characters, 3);
});

test("a family of several code points counts as many", () => {
  assert.equal(count("👩‍👩‍👧").characters, 5);
});

test("hashtags count by occurrence, in any script", () => {
  assert.equal(count("#harbour #harbour #été #日本").hashtags, 4);
});

test("a bare number, a tag inside a word and an entity are no hashtags", () => {
  assert.equal(count("#2026 no#tag &#39; # alone").hashtags, 0);
});

test("mentions end at what a name cannot hold, and an address is none", () => {
  assert.equal(count("with @clay.and.co, @ada_l and mail@example.org").mentions, 2);
});

test("an empty caption has nothing", () => {
  assert.deepEqual(count(""), { characters: 0, hashtags: 0, mentions: 0 });
});

test("a counter is near from nine tenths and over beyond its limit", () => {
  assert.equal(standing(1979, 2200), "");
  assert.equal(standing(1980, 2200), "near");
  assert.equal(standing(2200, 2200), "near");
  assert.equal(standing(2201, 2200), "over");
});

test("more than five hashtags are pointed out before thirty are too many", () => {
  const six = "#a #b #c #d #e #f";
  assert.match(lines(six)[1].text, /^6 \/ 30 hashtags \(more than 5 may be refused\)$/);
  assert.equal(lines(six)[1].standing, "near");
  assert.equal(lines("#a")[1].text, "1 / 30 hashtag");
});
