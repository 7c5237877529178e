import assert from "node:assert/strict";
import test from "node:test";

import { dueSoon } from "../../static/js/pace.js";

const NOW = Date.UTC(2026, 10, 23, 12);
const mark = (state, seconds) => ({ state, due: new Date(NOW + seconds * 1000).toISOString() });

test("what is going out or being looked for is followed closely", () => {
  assert.ok(dueSoon([{ state: "publishing" }], NOW));
  assert.ok(dueSoon([{ state: "checking" }], NOW));
});

test("a scheduled post is followed closely from two minutes before its time", () => {
  assert.ok(!dueSoon([mark("scheduled", 121)], NOW));
  assert.ok(dueSoon([mark("scheduled", 119)], NOW));
  assert.ok(dueSoon([mark("scheduled", -30)], NOW));
});

test("what has just gone live is followed until its link is there", () => {
  assert.ok(dueSoon([mark("published", -5)], NOW));
  assert.ok(!dueSoon([mark("published", -31)], NOW));
});

test("what is live, failed, a draft or long ago is not", () => {
  assert.ok(!dueSoon([mark("published", 5), mark("failed", 5), { state: "draft" }, mark("scheduled", -3600)], NOW));
  assert.ok(!dueSoon([], NOW));
});
