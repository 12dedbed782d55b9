// Keys. Single letters work only outside of fields, and can be turned off (WCAG 2.1.4).
import { field } from "./composer.js";
import { markUnread } from "./reading.js";
import { focus, move } from "./roving.js";
import * as store from "./store.js";

const writing = (target) => target.closest("input, textarea, select, dialog, [contenteditable]");
const press = (selector) => document.querySelector(selector)?.click();

const keys = {
  j: () => move(1),
  k: () => move(-1),
  1: () => press("#aba-pendentes"),
  2: () => press("#aba-ativos"),
  3: () => press("#aba-finalizados"),
  a: () => press("#b-assumir"),
  t: () => press("#b-transferir"),
  f: () => press("#b-finalizar"),
  u: markUnread,
  R: () => press("#b-reabrir"),
  r: () => field()?.focus(),
  i: () => press("#abrir-dados"),
  "?": () => document.getElementById("atalhos").showModal(),
};
const inList = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Home: () => focus(0),
  End: () => focus(-1),
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    document.getElementById("busca").select();
  } else if (event.key === "Escape" && event.target.id === "texto-msg") {
    (document.querySelector('.conv[aria-current="true"]') ?? document.getElementById("thread")).focus();
  } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !writing(event.target)) {
    const key = event.target.closest("#conv-list") && inList[event.key] || !store.get("sem-teclas") && keys[event.key];
    if (!key) return;
    event.preventDefault();
    key();
  }
});

document.addEventListener("DOMContentLoaded", () => {
  const choice = document.getElementById("uma-tecla");
  const paint = () => choice.setAttribute("aria-checked", String(!store.get("sem-teclas")));
  choice.addEventListener("click", () => { store.set("sem-teclas", store.get("sem-teclas") ? null : true); paint(); });
  paint();
});
