/** A details element as a menu: Escape and a click elsewhere close it. */

export default function menu(element) {
  const summary = element.querySelector("summary");
  document.addEventListener("click", (event) => {
    if (!element.contains(event.target)) element.open = false;
  });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !element.open) return;
    element.open = false;
    summary.focus();
  });
}
