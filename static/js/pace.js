/** How often the page should ask. Pure. */

const UNDER_WAY = ["publishing", "checking"];
const AHEAD = 120_000; // due within two minutes
const BEHIND = 600_000; // due a while ago and not yet live: it is on its way

/** Whether one of *marks* ({state, due}) is going out, or is due about *now* (milliseconds). */
export function dueSoon(marks, now) {
  return marks.some(({ state, due }) => {
    if (UNDER_WAY.includes(state)) return true;
    if (state !== "scheduled" || !due) return false;
    const left = Date.parse(due) - now;
    return left < AHEAD && left > -BEHIND;
  });
}
