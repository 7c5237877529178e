/** Keeps a part of a page true without a reload: asks often while something is going out. */

import { dueSoon } from "./pace.js";

const OFTEN = 2_000;
const SELDOM = 20_000;
const BUSY = "dialog[open], [data-dragging], [data-swapping], .o-menu[open]";

/** Whether a swap now would take something out of the person's hands. */
function isBusy(element) {
  if (document.querySelector(BUSY)) return true;
  const field = document.activeElement;
  return element.contains(field) && field.matches("input, textarea, select");
}

/** Milliseconds by which the server's clock is ahead of this one. */
function clockAhead(answer) {
  const date = Date.parse(answer.headers.get("Date") ?? "");
  return Number.isNaN(date) ? 0 : date - Date.now();
}

export default function live(element) {
  let tag = "";
  let ahead = 0;
  let timer = 0;

  const wait = () => {
    const marks = [...element.querySelectorAll("[data-state]")].map((item) => item.dataset);
    return dueSoon(marks, Date.now() + ahead) ? OFTEN : SELDOM;
  };
  const plan = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait());
  };
  const ask = () => {
    if (document.hidden || isBusy(element)) return plan();
    return globalThis.htmx?.trigger(element, "o-refresh");
  };

  element.addEventListener("htmx:config:request", (event) => {
    if (tag) event.detail.ctx.request.headers["If-None-Match"] = tag;
  });
  element.addEventListener("htmx:before:response", (event) => {
    const answer = event.detail.ctx.response.raw;
    ahead = clockAhead(answer);
    if (answer.redirected || answer.status === 401) location.reload();
    if (answer.redirected || answer.status >= 400) event.preventDefault();
    else if (answer.status === 200) tag = answer.headers.get("ETag") ?? "";
  });
  element.addEventListener("htmx:before:swap", (event) => {
    if (!isBusy(element)) return;
    tag = "";
    event.preventDefault();
  });
  element.addEventListener("htmx:finally:request", plan);
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  plan();
}
