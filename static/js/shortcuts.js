// Keys, dialogs and the client panel. Single letters only outside of fields.
(() => {
  const writing = (target) => target.closest("input, textarea, select, dialog, [contenteditable]");
  const rows = () => [...document.querySelectorAll("#conv-list .conv")];
  const press = (selector) => document.querySelector(selector)?.click();

  function move(step) {
    const all = rows();
    const here = all.indexOf(document.activeElement.closest?.(".conv"));
    const from = here >= 0 ? here : all.findIndex((row) => row.hasAttribute("aria-current")) ;
    all[Math.max(0, Math.min(all.length - 1, from + step))]?.focus();
  }

  const keys = {
    j: () => move(1), ArrowDown: () => move(1),
    k: () => move(-1), ArrowUp: () => move(-1),
    1: () => press('[data-tab="pendentes"]'),
    2: () => press('[data-tab="ativos"]'),
    3: () => press('[data-tab="finalizados"]'),
    a: () => press('[aria-keyshortcuts="A"]'),
    t: () => press('[data-dialog="transferir"]'),
    f: () => press('[data-dialog="finalizar"]'),
    R: () => press('[aria-keyshortcuts="Shift+R"]'),
    r: () => document.getElementById("texto-msg")?.focus(),
    i: () => press("[data-info-toggle]"),
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      document.getElementById("busca").focus();
    } else if (event.key === "Escape" && event.target.id === "texto-msg") {
      document.querySelector('.conv[aria-current="true"]')?.focus();
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !writing(event.target)) {
      const arrows = event.key.startsWith("Arrow");
      if (!keys[event.key] || (arrows && !event.target.closest("#conv-list"))) return;
      event.preventDefault();
      keys[event.key]();
    }
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
    if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog").close();
    if (event.target.closest("[data-info-toggle]")) {
      const app = document.querySelector(".app");
      const wide = matchMedia("(min-width: 1280px)").matches;
      const shown = app.dataset.info === "open" || (wide && app.dataset.info !== "closed");
      app.dataset.info = shown ? "closed" : "open";
    }
  });
  document.addEventListener("submit", (event) => event.target.closest("dialog")?.close());
})();
