// Before the first paint: says that scripts run, and lets 'system' follow the device. A classic script, so that it blocks.
(() => {
  const root = document.documentElement;
  root.classList.add("o-js");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const choice = root.dataset.theme;
    root.dataset.bsTheme = choice === "system" ? (dark.matches ? "dark" : "light") : choice;
  };
  dark.addEventListener("change", apply);
  apply();
})();
