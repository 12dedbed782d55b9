// The field in which messages are written: its draft, its height, its keys.
import * as drafts from "./drafts.js";
import * as outbox from "./outbox.js";
import { chat, csrf } from "./page.js";

const TELL_EVERY = 8000;
const form = () => document.getElementById("escrever");
export const field = () => document.getElementById("texto-msg");
const touch = matchMedia("(pointer: coarse)").matches;

function submit() {
  const text = field().value;
  if (!text.trim()) return;
  // As the server counts: an emoji is one. No maxlength, which would cut the end off a paste.
  const { limit, tooLong } = field().dataset;
  field().setCustomValidity([...text].length > Number(limit) ? tooLong : "");
  if (!field().reportValidity()) return;
  outbox.add(text, form().getAttribute("action"));
  field().value = "";
  drafts.set(chat(), null);
  grow();
}

function grow() {
  const box = field();
  box.rows = 1;
  const line = parseFloat(getComputedStyle(box).lineHeight) || 20;
  box.rows = Math.max(1, Math.min(8, Math.round((box.scrollHeight - 12) / line)));
}

let told = 0;
function onInput() {
  grow();
  field().setCustomValidity("");
  drafts.set(chat(), field().value);
  if (Date.now() - told > TELL_EVERY && field().value) {
    told = Date.now();
    fetch(form().dataset.typing, { method: "POST", headers: csrf() }).catch(() => { told = 0; });
  }
}

function restore() {
  field().value = drafts.get(chat());
  grow();
}

// Called whenever a composer may have come: the draft is back, and what waits shows as queued.
export function open() {
  if (!field() || field().dataset.ready) return;
  field().dataset.ready = "1";
  restore();
  outbox.open();
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "escrever") return;
  event.preventDefault();
  submit();
});
document.addEventListener("keydown", (event) => {
  if (event.target.id !== "texto-msg" || event.key !== "Enter") return;
  if (event.shiftKey || event.isComposing || touch) return;
  event.preventDefault();
  submit();
});
document.addEventListener("input", (event) => { if (event.target.id === "texto-msg") onInput(); });
document.addEventListener("painel:draft", ({ detail }) => { if (detail === chat() && field()) restore(); });
document.addEventListener("DOMContentLoaded", open);
