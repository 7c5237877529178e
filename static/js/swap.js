/** Exchanges the times of two posts: by dragging one onto another, or by pressing Swap on both. */

import { announce, flash, send } from "./talk.js";

const CARD = ".o-card[data-movable]";
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Let *first* and *second* change places on the page. */
function changePlaces(first, second) {
  const gap = document.createComment("");
  first.replaceWith(gap);
  second.replaceWith(first);
  gap.replaceWith(second);
}

/** Let the times go with the places; only within one zone is the other's label right as it is. */
function changeTimes(first, second) {
  if (first.dataset.zone !== second.dataset.zone) return;
  for (const name of ["when", "input", "due"]) {
    [first.dataset[name], second.dataset[name]] = [second.dataset[name], first.dataset[name]];
  }
  const [one, other] = [first, second].map((card) => card.querySelector(".o-card__time"));
  [one.textContent, other.textContent] = [other.textContent, one.textContent];
  [one.dateTime, other.dateTime] = [other.dateTime, one.dateTime];
}

/** Ask the server to exchange; *first* and *second* already stand in each other's place. */
async function exchange(element, first, second) {
  changeTimes(first, second);
  const cards = [first, second];
  for (const card of cards) card.classList.add("o-card--waiting");
  try {
    await send(element.dataset.swapUrl, { a: first.dataset.id, b: second.dataset.id });
    announce(`Swapped. “${first.dataset.title}” now goes out ${first.dataset.when}, “${second.dataset.title}” ${second.dataset.when}.`);
  } catch (error) {
    changePlaces(first, second);
    changeTimes(first, second);
    flash("bad", `Not swapped. ${error.message}`);
  } finally {
    for (const card of cards) card.classList.remove("o-card--waiting");
    globalThis.htmx?.trigger(element, "o-refresh");
  }
}

/** Dragging, and on touch a long press; a flick still scrolls. */
function draggable(element, list) {
  globalThis.Sortable?.create(list, {
    group: "plan",
    draggable: ".o-card",
    filter: ".o-card:not([data-movable]), .o-card__actions",
    preventOnFilter: false,
    swap: true,
    swapClass: "o-card--target",
    ghostClass: "o-card--ghost",
    delay: 180,
    delayOnTouchOnly: true,
    touchStartThreshold: 5,
    animation: still.matches ? 0 : 150,
    onMove: (event) => event.related.matches(CARD),
    onStart: () => { element.dataset.dragging = ""; },
    onUnchoose: () => { delete element.dataset.dragging; },
    onEnd: (event) => {
      const other = event.swapItem;
      if (other && other !== event.item) exchange(element, event.item, other);
    },
  });
}

/** The buttons: the first press chooses, the second exchanges, Escape lets go. */
function pressable(element) {
  const bar = document.getElementById("swapbar");
  let chosen = null;

  const letGo = () => {
    chosen?.classList.remove("o-card--chosen");
    chosen = null;
    delete element.dataset.swapping;
    bar.hidden = true;
    for (const word of element.querySelectorAll("[data-swap-word]")) word.textContent = "Swap";
  };
  const choose = (card) => {
    chosen = card;
    card.classList.add("o-card--chosen");
    element.dataset.swapping = card.dataset.id;
    for (const word of element.querySelectorAll("[data-swap-word]")) word.textContent = "Swap with this";
    card.querySelector("[data-swap-word]").textContent = "Cancel";
    bar.querySelector("p").textContent = `Swapping “${card.dataset.title}”, ${card.dataset.when}. Choose the other post.`;
    bar.hidden = false;
  };
  element.addEventListener("click", (event) => {
    const button = event.target.closest("[data-swap]");
    if (!button || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const card = button.closest(CARD);
    const first = chosen;
    if (!first) return choose(card);
    letGo();
    if (first === card) return announce("Not swapped.");
    changePlaces(first, card);
    button.focus();
    return exchange(element, first, card);
  });
  bar.querySelector("button").addEventListener("click", letGo);
  document.addEventListener("keydown", (event) => event.key === "Escape" && chosen && letGo());
}

export default function swap(element) {
  const made = new WeakSet();
  const start = () => {
    for (const list of element.querySelectorAll("[data-sortable]")) {
      if (!made.has(list)) draggable(element, list);
      made.add(list);
    }
  };
  element.addEventListener("htmx:after:swap", start);
  element.addEventListener("contextmenu", (event) => {
    if (event.pointerType === "touch" && event.target.closest(CARD)) event.preventDefault(); // a hold drags
  });
  start();
  pressable(element);
}
