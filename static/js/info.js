// The client's panel: shown or hidden, what is copied from it, and which of its sections are open.
import { app, wide } from "./page.js";
import * as store from "./store.js";
import * as toasts from "./toasts.js";

function toggle() {
  const shown = wide() ? app().dataset.info !== "closed" : app().dataset.info === "open";
  app().dataset.info = shown ? "closed" : "open";
  if (wide()) store.set("ficha", shown ? "closed" : null);
  if (shown) document.getElementById("abrir-dados")?.focus();
  else if (!wide()) document.querySelector("#info button")?.focus();
}

function copy(button) {
  const text = button.dataset.copy;
  const done = () => toasts.show("Copiado.", "aviso");
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => toasts.show("Não deu para copiar."));
  else toasts.show("Este navegador só deixa copiar em páginas com https.");
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-info-toggle]")) toggle();
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

// A form in the drawer takes Esc first (card.js).
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || wide()) return;
  if (app()?.dataset.info === "open" && !document.querySelector("dialog[open]")) toggle();
});

// Which sections are open is the agent's own habit.
function keep() {
  document.querySelectorAll("details[data-keep]:not([data-kept])").forEach((section) => {
    section.dataset.kept = "1";
    section.open = store.get(`secao:${section.dataset.keep}`, section.open);
    section.addEventListener("toggle", () => store.set(`secao:${section.dataset.keep}`, section.open));
  });
}

document.addEventListener("htmx:afterSettle", keep);
document.addEventListener("DOMContentLoaded", () => {
  keep();
  if (store.get("ficha") && wide()) app().dataset.info = "closed";
});
