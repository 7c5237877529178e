/** Forgets kept text once the page that follows a saved form says that it is saved. */

/** Where keep.js notes which text has been sent and not yet been answered. */
export const SENT = "ospost:sent";

export default function kept(element) {
  const key = sessionStorage.getItem(SENT);
  if (!key || document.getElementById("compose") || !element.querySelector(".o-flash--ok, .o-flash--warn")) return;
  localStorage.removeItem(key);
  sessionStorage.removeItem(SENT);
}
