/** Keeps what is typed in this browser until it is saved: nothing is lost when a page or a browser dies. */

import { SENT } from "./kept.js";

const PREFIX = "ospost:compose:";
const FIELDS = ["caption", "first_comment", "date", "timezone", "account_id"];

const each = (form, read) => Object.fromEntries(FIELDS.map((name) => [name, form.elements[name] ? read(form.elements[name]) : ""]));

/** What *form* says now, field by field. */
const typed = (form) => each(form, (field) => field.value);

/** What it said when it came from the server. */
const original = (form) => each(form, (field) => (field.options
  ? [...field.options].find((option) => option.defaultSelected)?.value ?? field.value
  : field.defaultValue));

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function put(form, values) {
  for (const name of FIELDS) {
    const field = form.elements[name];
    if (!field || !(name in values)) continue;
    if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === values[name])) continue;
    field.value = values[name];
    if (values[name]) field.closest("details")?.setAttribute("open", "");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  form.dispatchEvent(new Event("o-restored"));
}

/** Say that text came back, and offer to go without it. */
function offer(form, key, before, at) {
  const note = document.getElementById("kept");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm o-quiet";
  button.textContent = "Start afresh";
  button.addEventListener("click", () => {
    put(form, before);
    localStorage.removeItem(key);
    note.textContent = "";
    form.elements.caption.focus();
  });
  const time = new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  note.replaceChildren(`Your text from ${time} is back, in case it was not saved. `, button);
}

export default function keep(form) {
  const key = PREFIX + form.dataset.keep;
  const old = stored(key);
  const isReturned = "returned" in form.dataset; // the server sent the typed text back with its errors
  const before = (isReturned && old?.base) || original(form);
  const isUntouched = same(typed(form), original(form)); // nobody was quicker than this script
  sessionStorage.removeItem(SENT);
  if (old && !isReturned && isUntouched && (key.endsWith(":new") || same(old.base, before))) {
    put(form, old.values);
    offer(form, key, before, old.at);
  }
  let timer = 0;
  const save = () => {
    const entry = { at: Date.now(), base: before, values: typed(form) };
    if (same(entry.values, before)) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(entry));
  };
  if (!isUntouched) save();
  form.addEventListener("input", (event) => {
    if (!FIELDS.includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(save, 400);
  });
  addEventListener("pagehide", () => document.activeElement?.form === form && !sessionStorage.getItem(SENT) && save());
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    clearTimeout(timer);
    save();
    sessionStorage.setItem(SENT, key);
  });
}
