// The list: rows in their order, one Tab stop, and nothing moving under the pointer.
window.list = (() => {
  const REST = 1500;
  const box = () => document.getElementById("conv-list");
  const rows = () => [...box().querySelectorAll(".conv")];
  const items = () => [...box().querySelectorAll(".conv-item")];
  const open = () => document.getElementById("chat").dataset.conversation;
  let touched = 0;

  function put(item) {
    const old = document.getElementById(item.id);
    const focused = old?.contains(document.activeElement);
    announce(old, item);
    if (old) old.replaceWith(item);
    else if (!insert(item)) return;
    htmx.process(item);
    dress(item);
    if (focused) item.querySelector(".conv").focus();
    arrange();
  }

  // A row below the last loaded page waits for that page.
  function insert(item) {
    const below = items().find((row) => Number(row.dataset.at) < Number(item.dataset.at));
    const more = box().querySelector(".conv-more");
    if (below) below.before(item);
    else if (!more) box().append(item);
    return Boolean(below || !more);
  }

  const unread = (item) => Number(item?.querySelector(".conv__badge")?.lastChild.textContent ?? 0);
  function announce(old, item) {
    if (unread(item) > unread(old) && item.id !== `conv-${open()}`) toasts.arrived(item.querySelector(".conv__name").textContent);
  }

  let waiting;
  function arrange() {
    clearTimeout(waiting);
    empty();
    if (Date.now() - touched < REST) { waiting = setTimeout(arrange, REST); return; }
    const now = items();
    const sorted = [...now].sort((a, b) => Number(b.dataset.at) - Number(a.dataset.at));
    if (sorted.every((row, n) => row === now[n])) return;
    const focused = box().contains(document.activeElement) ? document.activeElement : null;
    sorted.forEach((row) => box().insertBefore(row, box().querySelector(".conv-more")));
    focused?.focus();
  }

  function gone(pk) {
    document.getElementById(`conv-${pk}`)?.remove();
    empty();
    rove();
  }

  function empty() {
    document.querySelector("[data-empty-list]").hidden = items().length > 0;
  }

  // What a row shows only to this agent: that it is open, and what he began to write.
  function dress(item) {
    const pk = item.id.replace("conv-", "");
    item.querySelector(".conv").toggleAttribute("aria-current", false);
    if (pk === open()) item.querySelector(".conv").setAttribute("aria-current", "true");
    const text = store.get(`rascunho:${pk}`);
    if (!text || pk === open()) return;
    const preview = item.querySelector(".conv__prev");
    preview.innerHTML = '<span class="conv__draft">Rascunho:</span><span class="truncate"></span>';
    preview.lastChild.textContent = text;
  }

  function select() {
    items().forEach(dress);
    rove();
  }

  // One stop for Tab: the row last focused, else the open one, else the first.
  function rove(row) {
    const stop = row ?? box().querySelector('.conv[aria-current="true"]') ?? rows()[0];
    rows().forEach((one) => { one.tabIndex = one === stop ? 0 : -1; });
  }

  function move(step) {
    const all = rows();
    const here = all.findIndex((row) => row.tabIndex === 0);
    const focused = document.activeElement?.closest?.(".conv");
    const next = focused || !open() ? here + (focused ? step : 0) : here + step;
    all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
  }

  const focus = (which) => rows().at(which)?.focus();

  const typing = new Map();
  function types(pk, state) {
    clearTimeout(typing.get(pk)?.timer);
    const slot = document.querySelector(`#conv-${CSS.escape(pk)} .conv__prev`);
    const shown = slot?.querySelector(".conv__typing");
    if (!slot || (state === "paused" && !shown)) return;
    const before = shown ? typing.get(pk)?.html ?? "" : slot.innerHTML;
    const restore = () => {
      const line = document.querySelector(`#conv-${CSS.escape(pk)} .conv__typing`);
      if (line) line.parentElement.innerHTML = before;
      typing.delete(pk);
    };
    if (state === "paused") { restore(); return; }
    slot.innerHTML = `<span class="conv__typing truncate">${state === "recording" ? "gravando áudio…" : "digitando…"}</span>`;
    typing.set(pk, { html: before, timer: setTimeout(restore, 10000) });
  }

  function waited(seconds) {
    const minutes = Math.floor(seconds / 60);
    if (minutes < 1) return "agora";
    if (minutes < 60) return `${minutes} min`;
    const rest = minutes % 60;
    return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ""}`;
  }

  const lateness = (slot, seconds) => {
    const { warn, late } = document.getElementById("lista").dataset;
    slot.classList.toggle("is-danger", seconds >= Number(late));
    slot.classList.toggle("is-warn", seconds >= Number(warn) && seconds < Number(late));
  };

  // Since when the first of the queue waits, in unix seconds; "" when nobody does.
  function waits(oldest) {
    document.getElementById("lista").dataset.oldest = oldest;
    age();
  }

  function age() {
    const { warn, oldest } = document.getElementById("lista").dataset;
    const longest = oldest ? Date.now() / 1000 - Number(oldest) : 0;
    document.getElementById("aba-pendentes").classList.toggle("tab--late", longest >= Number(warn));
    document.querySelectorAll('[data-figure="oldest"]').forEach((figure) => {
      figure.textContent = oldest ? waited(longest) : "—";
      lateness(figure, longest);
    });
    box().querySelectorAll(".conv__wait[data-since]").forEach((slot) => {
      const seconds = Date.now() / 1000 - Number(slot.dataset.since);
      slot.querySelector("[data-wait]").textContent = waited(seconds);
      lateness(slot, seconds);
    });
  }

  function ready() {
    empty();
    select();
    age();
    box().addEventListener("pointermove", () => { touched = Date.now(); });
    box().addEventListener("focusin", (event) => {
      touched = Date.now();
      const row = event.target.closest(".conv");
      if (row) rove(row);
    });
  }

  document.addEventListener("DOMContentLoaded", () => { ready(); setInterval(age, 30000); });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "lista") ready();
    else if (event.detail.target.classList.contains("conv-more")) select();
  });
  return { put, gone, types, select, move, focus, waits };
})();
