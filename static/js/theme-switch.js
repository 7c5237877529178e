/** The choice of light, dark or the device's own, kept in a cookie that the server reads too. */

const YEAR = 365 * 24 * 60 * 60;

export default function themeSwitch(element) {
  const root = document.documentElement;
  const select = element.querySelector("select");
  select.value = root.dataset.theme;
  select.addEventListener("change", () => {
    root.dataset.theme = select.value;
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.bsTheme = select.value === "system" ? (dark ? "dark" : "light") : select.value;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${select.value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  });
  element.hidden = false;
}
