/** Wall clocks and zones. Pure: the browser's own time zone data, no clock. */

const formats = new Map();

function format(zone) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    }));
  }
  return formats.get(zone);
}

/** Minutes that *zone* is ahead of UTC at *moment* (milliseconds). */
export function offset(moment, zone) {
  const part = Object.fromEntries(format(zone).formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  const wall = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return Math.round((wall - Math.floor(moment / 1000) * 1000) / 60_000);
}

/** The moment (milliseconds) of "2026-11-27T18:00" on the wall of *zone*; the first of two, null if it is no date. */
export function momentOf(wall, zone) {
  const naive = Date.parse(`${wall}${wall.length === 16 ? ":00" : ""}Z`);
  if (Number.isNaN(naive)) return null;
  const day = 86_400_000;
  const offsets = [offset(naive - day, zone), offset(naive + day, zone)];
  const fits = offsets.map((minutes) => naive - minutes * 60_000).filter((moment, i) => offset(moment, zone) === offsets[i]);
  // A time that the clocks skip: read it with the offset of before, as the server does.
  return fits.length ? Math.min(...fits) : naive - offsets[0] * 60_000;
}

const UNITS = [["day", 86_400, 2], ["hour", 3_600, 1], ["minute", 60, 1], ["second", 1, 0]];

/** How far *moment* is from *now*, in words: 'in 4 days', '2 hours ago', 'now'. */
export function distance(moment, now) {
  const seconds = (moment - now) / 1000;
  const size = Math.abs(seconds);
  const [unit, length] = UNITS.find(([, long, least]) => size >= long * least);
  const count = Math.round(size / length);
  if (!count) return "now";
  const words = `${count.toLocaleString("en")} ${unit}${count === 1 ? "" : "s"}`;
  return seconds > 0 ? `in ${words}` : `${words} ago`;
}

/** 'Fri 27 Nov 2026, 18:00' of *moment* on the wall of *zone*. */
export function label(moment, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).formatToParts(moment);
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${part.weekday} ${part.day} ${part.month} ${part.year}, ${part.hour}:${part.minute}`;
}

/** Whether this browser knows *zone*. */
export function isZone(zone) {
  try {
    return Boolean(format(zone));
  } catch {
    return false;
  }
}
