/** Starts one module per [data-module] element: `data-module="crop"` calls crop.js's default export. Sends each form once. */

const PATIENCE = 8_000;
const started = new WeakSet();
let sent = new WeakSet(); // forms whose answer is on its way

/** Start what is in *root* and has not been started yet. */
async function start(root) {
  for (const element of root.querySelectorAll("[data-module]")) {
    if (started.has(element)) continue;
    started.add(element);
    for (const name of element.dataset.module.split(" ")) {
      const module = await import(`./${name}.js`);
      module.default(element);
    }
  }
}

// A newcomer's posts are planned by the clock of where they are; the server asks them to confirm it.
document.cookie = `zone=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; samesite=lax; max-age=31536000`;

// A second click would send the form twice; who has waited for long, or came back to the page, may try again.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (sent.has(event.target)) event.preventDefault();
  else sent.add(event.target);
  setTimeout(() => sent.delete(event.target), PATIENCE);
});
addEventListener("pageshow", () => { sent = new WeakSet(); });

start(document);
