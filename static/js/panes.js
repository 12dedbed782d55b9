// Going from one conversation to another without leaving the page: what must follow each swap.
import * as composer from "./composer.js";
import { select } from "./list.js";
import { app, chat } from "./page.js";
import { toEnd } from "./scroll.js";
import * as thread from "./thread.js";

const owner = (fragment) => fragment.querySelector("[data-conversation]")?.dataset.conversation;

// What was asked for one conversation must not be painted over another.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  const owned = target.dataset.conversation && fragment.querySelector("[data-conversation]");
  if (owned && owner(fragment) !== chat()) event.preventDefault();
  else if (target.id === "composer") keepComposer(event, target, fragment);
});

// The field being written in stays; only the number's state around it is told anew.
function keepComposer(event, target, fragment) {
  if (!target.querySelector("#escrever") || !fragment.querySelector("#escrever")) return;
  event.preventDefault();
  ["por-onde", "como-enviar"].forEach((id) => document.getElementById(id).replaceWith(fragment.querySelector(`#${id}`)));
}

let hello;
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id === "composer") composed();
  if (!["look", "live-conversation"].includes(event.detail.target.id)) return;
  // One greeting for both: what this page looks at now.
  clearTimeout(hello);
  hello = setTimeout(() => htmx.trigger(document.body, "hello"), 0);
});

document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target.id === "chat") opened(); });

function opened() {
  app().dataset.view = "conversa";
  if (app().dataset.info === "open") app().dataset.info = "auto";
  select();
  composed();
  thread.open();
}

// After taking a conversation the next thing is to write, whichever comes first, the answer or
// the socket's word of it.
let took = 0;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.matches("#b-assumir, #t-assumir, #b-reabrir, #t-reabrir, #assumir-proxima, .conv__claim")) took = Date.now();
});

function composed() {
  composer.open();
  if (!composer.field() || Date.now() - took > 5000) return;
  took = 0;
  composer.field().focus({ preventScroll: true });
}

// On a small screen one pane at a time, each with its address.
function show(view, href) {
  app().dataset.view = view;
  history.pushState({}, "", href);
  if (view === "conversa") toEnd();
}

// Back to a pane that is still here needs no request; htmx loads its own entries anew.
window.addEventListener("popstate", (event) => {
  const [, pk, card] = location.pathname.match(/\/c\/(\d+)\/(cliente\/)?$/) ?? [];
  if (event.state?.htmx) return;
  if (pk && pk !== chat()) location.reload();
  else app().dataset.view = card ? "cliente" : pk ? "conversa" : "lista";
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-view-to]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const back = link.dataset.viewTo === "lista";
  show(link.dataset.viewTo, back ? document.querySelector('.tab[aria-current="page"]').href : link.href);
});
