// The list: rows in their order, the selected one kept, and nothing moving under the pointer.
window.list = (() => {
  const REST = 1500;
  const box = () => document.getElementById("conv-list");
  const pendingTab = () => document.querySelector('.tab[aria-current="page"]')?.dataset.tab === "pendentes";
  let touched = 0;

  const busy = () => Date.now() - touched < REST;
  const open = () => document.getElementById("chat")?.dataset.conversation;

  function put(item) {
    const old = document.getElementById(item.id);
    const focused = old?.contains(document.activeElement);
    if (item.id === `conv-${open()}`) item.querySelector(".conv").setAttribute("aria-current", "true");
    if (old) old.replaceWith(item); else insert(item);
    draft(item);
    if (focused) item.querySelector(".conv").focus();
    arrange();
  }

  function insert(item) {
    const later = [...box().querySelectorAll(".conv-item")].find((row) => Number(row.dataset.at) < Number(item.dataset.at));
    if (later) later.before(item);
    else if (box().querySelector(".conv-more")) return;
    else box().append(item);
  }

  let waiting;
  function arrange() {
    clearTimeout(waiting);
    if (busy()) { waiting = setTimeout(arrange, REST); return; }
    const rows = [...box().querySelectorAll(".conv-item")];
    const sorted = [...rows].sort((a, b) => Number(b.dataset.at) - Number(a.dataset.at));
    if (sorted.some((row, n) => row !== rows[n])) sorted.forEach((row) => box().insertBefore(row, box().querySelector(".conv-more")));
    empty();
  }

  function gone(pk) {
    document.getElementById(`conv-${pk}`)?.remove();
    empty();
  }

  function empty() {
    const note = document.querySelector("[data-empty-list]");
    if (note) note.hidden = Boolean(box().querySelector(".conv-item"));
  }

  function draft(item) {
    const pk = item.id.replace("conv-", "");
    const text = localStorage.getItem(`painel:rascunho:${pk}`);
    const preview = item.querySelector(".conv__prev");
    if (!text || !preview || pk === open()) return;
    preview.innerHTML = '<span class="conv__draft">Rascunho:</span><span class="truncate"></span>';
    preview.lastChild.textContent = text;
  }

  const typing = new Map();
  function types(pk, state) {
    const slot = document.querySelector(`#conv-${pk} .conv__prev`);
    if (!slot) return;
    if (!typing.has(pk)) typing.set(pk, { html: slot.innerHTML });
    const known = typing.get(pk);
    clearTimeout(known.timer);
    const restore = () => {
      const now = document.querySelector(`#conv-${pk} .conv__typing`)?.closest(".conv__prev");
      if (now) now.innerHTML = known.html;
      typing.delete(pk);
    };
    if (state === "paused") { restore(); return; }
    slot.innerHTML = `<span class="conv__typing truncate">${state === "recording" ? "gravando áudio…" : "digitando…"}</span>`;
    known.timer = setTimeout(restore, 10000);
  }

  document.addEventListener("DOMContentLoaded", () => {
    empty();
    document.querySelectorAll(".conv-item").forEach(draft);
    ["pointermove", "focusin"].forEach((name) => box().addEventListener(name, () => { touched = Date.now(); }));
    document.querySelector("[data-submit-on-change]")?.addEventListener("change", (event) => event.target.form.submit());
  });
  return { put, gone, types, arrange, pendingTab };
})();
