/** The plan's dialogs (move, post now, remove) and the menus of its cards. Without script, links lead to the post's page. */

const OVER = ["missed", "failed"]; // such a post is not moved or sent but tried again

/** Put what the card says into the dialog's gaps, and point its form at the card's post. */
function fill(dialog, card) {
  const facts = { ...card.dataset };
  for (const gap of dialog.querySelectorAll("[data-fill]")) gap.textContent = facts[gap.dataset.fill];
  for (const field of dialog.querySelectorAll("[data-fill-value]")) field.value = facts[field.dataset.fillValue];
  const isOver = OVER.includes(facts.state);
  for (const [name, is] of [["live", facts.state === "published"], ["over", isOver]]) {
    for (const part of dialog.querySelectorAll(`[data-when-${name}]`)) part.hidden = (part.getAttribute(`data-when-${name}`) === "yes") !== is;
  }
  const form = dialog.querySelector("form");
  form.action = ((isOver && form.dataset.actionOver) || form.dataset.action) + facts.id;
}

export default function plan(element) {
  element.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const dialog = document.getElementById(opener.dataset.dialog);
    fill(dialog, opener.closest("[data-id]"));
    dialog.showModal();
  });
  for (const button of document.querySelectorAll("dialog [data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
  element.addEventListener("keydown", (event) => {
    const menu = event.target.closest(".o-card__more[open]");
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  const day = document.getElementById(element.dataset.focus);
  const isOnFirstScreen = day && day.getBoundingClientRect().top + scrollY < innerHeight * 0.75;
  if (isOnFirstScreen && document.querySelector("#flashes > *")) scrollTo(0, 0); // the message about it, too
  else if (day && !location.hash) day.scrollIntoView({ block: "start" });
}
