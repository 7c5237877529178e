import assert from "node:assert/strict";
import test from "node:test";

import { zoneToChoose } from "../../static/js/browser-zone.js";

const offered = ["UTC", "Asia/Tokyo", "Europe/Berlin"];

test("a field that nobody touched takes the browser's zone", () => {
  assert.equal(zoneToChoose("UTC", offered, "Europe/Berlin"), "Europe/Berlin");
});

test("a zone that was chosen before stays", () => {
  assert.equal(zoneToChoose("Asia/Tokyo", offered, "Europe/Berlin"), null);
});

test("a zone that is not offered, or none, changes nothing", () => {
  assert.equal(zoneToChoose("UTC", offered, "Mars/Olympus"), null);
  assert.equal(zoneToChoose("UTC", offered, undefined), null);
  assert.equal(zoneToChoose("UTC", offered, "UTC"), null);
});
