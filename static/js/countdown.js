// Keeps "9 h 41 min" true while a page stays open. The due instants come from the server and nothing is computed here but
// the distance to them. The words equal dpa/web/words.py: left(); tests/web/test_components.py compares the two.
(() => {
  const MINUTE = 60, HOUR = 3600, DAY = 86400;

  const length = (total) => {
    const days = Math.floor(total / DAY), hours = Math.floor((total % DAY) / HOUR), minutes = Math.floor((total % HOUR) / MINUTE);
    if (days >= 30) return `${days.toLocaleString("en-GB")} d`;
    if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
    if (hours) return minutes ? `${hours} h ${String(minutes).padStart(2, "0")} min` : `${hours} h`;
    return minutes ? `${minutes} min` : "under 1 min";
  };

  const left = (due, now) => {
    const seconds = Math.trunc((due - now) / 1000);
    if (seconds === 0) return "due now";
    return seconds > 0 ? length(seconds) : `${length(-seconds)} late`;
  };

  // The server's clock counts: this computer's clock only says how much time has passed since the page arrived.
  const meta = document.querySelector('meta[name="server-now"]');
  const base = Date.parse(meta ? meta.content : "");
  const arrived = Date.now();
  const serverNow = () => base + (Date.now() - arrived);

  const refresh = () => {
    const now = serverNow();
    for (const place of document.querySelectorAll("[data-live]")) {
      const due = Date.parse(place.dataset.due);
      const text = left(due, now);
      if (place.textContent !== text) place.textContent = text;
      const card = place.closest("[data-clock]");
      if (card && due < now) {
        card.classList.add("state-late");
        for (const word of card.querySelectorAll("[data-left-word]")) word.hidden = true;
      }
    }
  };

  window.dpaWords = Object.freeze({ left });
  if (Number.isNaN(base)) return;
  refresh();
  window.setInterval(refresh, 1000);
})();
