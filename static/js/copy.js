// Shows the copy buttons where copying works, and says so when it has worked.
(() => {
  if (!navigator.clipboard) return;
  const reveal = (root) => { for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false; };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("copied");
    window.setTimeout(() => button.classList.remove("copied"), 1500);
  });
  document.addEventListener("htmx:load", (event) => reveal(event.target));
  reveal(document);
})();
