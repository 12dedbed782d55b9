// The client's panel: shown or hidden, copying, and fields edited in their row.
(() => {
  const app = () => document.querySelector(".app");

  function toggle() {
    const wide = matchMedia("(min-width: 1280px)").matches;
    const shown = wide ? app().dataset.info !== "closed" : app().dataset.info === "open";
    app().dataset.info = shown ? "closed" : "open";
    if (wide) store.set("ficha", shown ? "closed" : null);
    if (shown) document.getElementById("abrir-dados")?.focus();
    else if (!wide) document.querySelector("#info button")?.focus();
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

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const form = event.target.closest?.("[data-editing]");
    if (form) { event.preventDefault(); form.querySelector("[data-cancel]").click(); return; }
    const drawer = app()?.dataset.info === "open" && !matchMedia("(min-width: 1280px)").matches;
    if (drawer && !document.querySelector("dialog[open]")) toggle();
  });

  // Into the field when its form comes; back to the pencil when it goes.
  let editing;
  document.addEventListener("htmx:beforeSwap", (event) => { editing = event.detail.target.id; });
  document.addEventListener("htmx:afterSettle", (event) => {
    const form = event.detail.elt.matches?.("[data-editing]") ? event.detail.elt : event.detail.elt.querySelector?.("[data-editing]");
    const field = form?.querySelector(".field--error input") ?? form?.querySelector("input:not([type=hidden]), select, textarea");
    if (field) { field.focus(); field.select?.(); }
    else if (editing?.startsWith("fato-") && document.activeElement === document.body) {
      document.getElementById(editing.replace("fato-", "editar-"))?.focus();
    }
    keep();
  });

  // Which sections are open is the agent's own habit.
  function keep() {
    document.querySelectorAll("details[data-keep]:not([data-kept])").forEach((section) => {
      section.dataset.kept = "1";
      section.open = store.get(`secao:${section.dataset.keep}`, section.open);
      section.addEventListener("toggle", () => store.set(`secao:${section.dataset.keep}`, section.open));
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    keep();
    if (store.get("ficha") && matchMedia("(min-width: 1280px)").matches) app().dataset.info = "closed";
  });
})();
