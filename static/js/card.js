// The client's card while it is edited: a field in use stays, whatever others change meanwhile.
import { chat, copy, refresh } from "./page.js";

const card = () => document.getElementById("cliente");
const busy = () => card()?.matches("[data-editing]") || card()?.querySelector("[data-editing], .htmx-request");

// A card in use is not painted over; it is asked for anew when nobody edits it any more.
let stale;
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (event.defaultPrevented || target.id !== "cliente" || !busy()) return;
  event.preventDefault();
  stale = chat();
  target.querySelectorAll(".facts__row--edit").forEach((row) => compare(row, fragment.querySelector(`#${row.id}`)));
});

document.addEventListener("htmx:afterSettle", () => {
  if (!stale || busy()) return;
  if (stale === chat()) refresh();
  stale = undefined;
});

// What each row showed when its field was opened, by the row's id.
const before = new Map();
document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  if (target.matches(".facts__row:not(.facts__row--edit)")) before.set(target.id, target.dataset.value);
});

// Somebody else changed the field being edited: the row says so, and what was typed stays.
function compare(row, fresh) {
  if (!fresh || !before.has(row.id) || before.get(row.id) === fresh.dataset.value) return;
  before.set(row.id, fresh.dataset.value);
  const line = copy("campo-mudou");
  line.querySelector("[data-new] strong").textContent = fresh.dataset.value || "vazio";
  row.querySelector(".facts__changed")?.remove();
  row.querySelector("form").append(line);
}

const fieldOf = (form) => form.querySelector(".field--error input") ?? form.querySelector("input:not([type=hidden]), select, textarea");

document.addEventListener("click", (event) => {
  const see = event.target.closest("[data-see]");
  if (!see) return;
  const line = see.closest(".facts__changed");
  line.querySelector("[data-new]").hidden = false;
  see.hidden = true;
  fieldOf(line.closest("form"))?.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  const form = event.target.closest?.("[data-editing]");
  if (!form) return;
  event.preventDefault();
  form.querySelector("[data-cancel]").click();
});

// Into the field when its form comes. One that comes back with an error, or because somebody else
// was faster, holds what was typed: nothing of it is selected, or the next key would erase it.
document.addEventListener("htmx:afterSettle", (event) => {
  const { elt, requestConfig } = event.detail;
  const form = elt.matches?.("[data-editing]") ? elt : elt.querySelector?.("[data-editing]");
  const field = form && fieldOf(form);
  if (!field) return;
  field.focus();
  if (requestConfig?.verb === "get") field.select?.();
  else if (field.matches("input, textarea")) toTheEnd(field);
});

// A field of type email knows no setSelectionRange; one that is written anew has its caret behind.
function toTheEnd(field) {
  const text = field.value;
  field.value = "";
  field.value = text;
}
