import assert from "node:assert/strict";
import test from "node:test";

import { distance, isZone, label, momentOf } from "../../static/js/zone.js";

const utc = (moment) => new Date(moment).toISOString().slice(0, 16);

test("a wall clock is read in its zone, summer and winter", () => {
  assert.equal(utc(momentOf("2026-11-27T18:00", "Europe/Berlin")), "2026-11-27T17:00");
  assert.equal(utc(momentOf("2026-07-27T18:00", "Europe/Berlin")), "2026-07-27T16:00");
  assert.equal(utc(momentOf("2026-11-27T18:00", "Asia/Kathmandu")), "2026-11-27T12:15");
});

test("of a time that comes twice, the first is meant", () => {
  assert.equal(utc(momentOf("2026-10-25T02:30", "Europe/Berlin")), "2026-10-25T00:30");
});

test("a time that the clocks skip is the one an hour later", () => {
  assert.equal(label(momentOf("2027-03-28T02:30", "Europe/Berlin"), "Europe/Berlin"), "Sun 28 Mar 2027, 03:30");
});

test("a moment is labelled on the wall of its zone", () => {
  assert.equal(label(Date.UTC(2026, 10, 27, 23, 5), "America/New_York"), "Fri 27 Nov 2026, 18:05");
  assert.equal(label(Date.UTC(2026, 10, 27, 23, 5), "Asia/Tokyo"), "Sat 28 Nov 2026, 08:05");
});

test("distances are told like the server tells them", () => {
  const now = Date.UTC(2026, 10, 23);
  assert.equal(distance(now + 4 * 86_400_000, now), "in 4 days");
  assert.equal(distance(now + 30 * 3_600_000, now), "in 30 hours");
  assert.equal(distance(now - 60_000, now), "1 minute ago");
  assert.equal(distance(now + 200, now), "now");
});

test("what is no date has no moment, what is no zone is none", () => {
  assert.equal(momentOf("soon", "Europe/Berlin"), null);
  assert.ok(isZone("Europe/Berlin"));
  assert.ok(!isZone("Europe/Atlantis"));
});
