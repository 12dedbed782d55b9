// The list: rows in their order, and nothing moving under the pointer.
import * as drafts from "./drafts.js";
import { chat } from "./page.js";
import { keep, rove } from "./roving.js";
import * as toasts from "./toasts.js";
import { age } from "./waits.js";

const REST = 1500;
const box = () => document.getElementById("conv-list");
const items = () => [...box().querySelectorAll(".conv-item")];
const order = (item) => Number(item.dataset.order); // the greatest is on top
let touched = 0;

export function put(item) {
  const old = document.getElementById(item.id);
  const focused = old?.contains(document.activeElement);
  announce(old, item);
  if (old) {
    item.querySelector(".conv").tabIndex = old.querySelector(".conv").tabIndex;
    old.replaceWith(item);
  } else if (!insert(item)) return;
  htmx.process(item);
  dress(item);
  if (focused) item.querySelector(".conv").focus();
  keep();
  arrange();
}

// A row below the last loaded page waits for that page.
function insert(item) {
  const below = items().find((row) => order(row) < order(item));
  const more = box().querySelector(".conv-more");
  if (below) below.before(item);
  else if (!more) box().append(item);
  return Boolean(below || !more);
}

const unread = (item) => Number(item?.querySelector(".conv__badge")?.lastChild.textContent ?? 0);
function announce(old, item) {
  if (unread(item) > unread(old) && item.id !== `conv-${chat()}`) toasts.arrived(item.querySelector(".conv__name").textContent);
}

let waiting;
function arrange() {
  clearTimeout(waiting);
  empty();
  if (Date.now() - touched < REST) { waiting = setTimeout(arrange, REST); return; }
  const now = items();
  const sorted = [...now].sort((a, b) => order(b) - order(a));
  if (sorted.every((row, n) => row === now[n])) return;
  const focused = box().contains(document.activeElement) ? document.activeElement : null;
  sorted.forEach((row) => box().insertBefore(row, box().querySelector(".conv-more")));
  focused?.focus();
}

export function gone(pk) {
  document.getElementById(`conv-${pk}`)?.remove();
  empty();
  keep();
}

function empty() {
  document.querySelector("[data-empty-list]").hidden = items().length > 0;
}

// What a row shows only to this agent: that it is open, and what he began to write.
function dress(item) {
  const pk = item.id.replace("conv-", "");
  item.querySelector(".conv").toggleAttribute("aria-current", false);
  if (pk === chat()) item.querySelector(".conv").setAttribute("aria-current", "true");
  const text = drafts.get(pk);
  if (!text || pk === chat()) return;
  const preview = item.querySelector(".conv__prev");
  preview.innerHTML = '<span class="conv__draft">Rascunho:</span><span class="truncate"></span>';
  preview.lastChild.textContent = text;
}

// After another conversation was opened, or rows came with a page.
export function select() {
  items().forEach(dress);
  rove();
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

document.addEventListener("DOMContentLoaded", ready);
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "lista") ready();
  else if (event.detail.target.classList.contains("conv-more")) select();
});
