/** The line under the time: 'Fri 27 Nov 2026, 18:00 Europe/Berlin · in 4 days'. */

import { distance, isZone, label, momentOf } from "./zone.js";

const LATE = 120_000; // a time at most two minutes ago still counts as now

export default function zoneLine(element) {
  const form = element.closest("form");
  const { date, account_id: account, timezone } = form.elements;
  const words = element.querySelector("span");

  const zone = () => {
    const typed = timezone.value.trim();
    return typed && isZone(typed) ? typed : account.selectedOptions[0]?.dataset.zone ?? "UTC";
  };
  const show = () => {
    const where = zone();
    timezone.placeholder = account.selectedOptions[0]?.dataset.zone ?? "";
    const moment = date.value ? momentOf(date.value, where) : null;
    const past = moment !== null && moment < Date.now() - LATE;
    element.classList.toggle("o-zone--past", past);
    if (moment === null) words.textContent = `On the clock of ${where}`;
    else words.textContent = `${label(moment, where)} ${where} · ${distance(moment, Date.now())}${past ? ": that is over" : ""}`;
  };
  for (const field of [date, account, timezone]) field.addEventListener("input", show);
  form.addEventListener("o-restored", show);
  setInterval(show, 15_000);
  show();
}
