/** Chooses the browser's own zone in a zone field that nobody has touched. <div data-module="browser-zone"> */

/** Return the option to choose, or null to leave the field: *zone* must be offered, the choice UTC. */
export function zoneToChoose(chosen, offered, zone) {
  return chosen === "UTC" && zone && zone !== chosen && offered.includes(zone) ? zone : null;
}

export default function browserZone(element) {
  const field = element.querySelector("select");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const offered = [...field.options].map((option) => option.value);
  const better = zoneToChoose(field.value, offered, zone);
  if (better) field.value = better;
}
