/** Starts one module per [data-module] element: `data-module="crop"` calls crop.js's default export. */

const started = new WeakSet();

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

start(document);
