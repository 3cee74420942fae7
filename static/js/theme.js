// 'As the device': tells the style sheets which theme the device asks for, before the page is drawn.
// Without scripts the colours still follow the device, because every colour is written with light-dark().
(() => {
  const root = document.documentElement;
  if (root.dataset.theme !== "auto") return;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => { root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  dark.addEventListener("change", follow);
  follow();
})();
