// Fills in what a document's QR code carries behind the # of the address (NUMBER.CODE), which never reaches the server,
// and says at once when a chosen file is too large to be sent.
(() => {
  const FRAGMENT = /^#([A-Za-z0-9-]{1,60})\.([0-9A-Fa-f]{16,64})$/;
  const byNumber = document.getElementById("by-number");

  const fill = () => {
    const found = FRAGMENT.exec(window.location.hash);
    if (!found || !byNumber) return;
    byNumber.elements.namedItem("number").value = found[1];
    byNumber.elements.namedItem("code").value = found[2].replace(/(.{4})(?=.)/g, "$1 ");
    byNumber.querySelector("button[type=submit]").focus();
  };

  const warning = document.getElementById("too-large");
  const file = warning && document.getElementById(warning.dataset.for);
  if (file) {
    const tooLarge = () => file.files.length > 0 && file.files[0].size > Number(warning.dataset.limit);
    file.addEventListener("change", () => { warning.hidden = !tooLarge(); });
    file.form.addEventListener("submit", (event) => {
      if (!tooLarge()) return;
      event.preventDefault();
      file.focus();
    });
  }
  window.addEventListener("hashchange", fill);
  fill();
})();
