/** How often the page should ask. Pure. */

const UNDER_WAY = ["publishing", "checking"];
const AHEAD = 120_000; // due within two minutes
const BEHIND = 600_000; // due a while ago and not yet live: it is on its way
const FRESH = 30_000; // live a moment ago: its link comes a moment later

/** Whether one of *marks* ({state, due}) is going out, or is or was due about *now* (milliseconds). */
export function dueSoon(marks, now) {
  return marks.some(({ state, due }) => {
    if (UNDER_WAY.includes(state)) return true;
    if (!["scheduled", "published"].includes(state) || !due) return false;
    const left = Date.parse(due) - now;
    return state === "published" ? left <= 0 && left > -FRESH : left < AHEAD && left > -BEHIND;
  });
}
