// What the socket says. Each piece is a <template data-live> around the same partial that the page
// uses; putting it twice changes nothing, so a replay after a lost connection is harmless.
import * as counters from "./counters.js";
import { beat } from "./heartbeat.js";
import * as list from "./list.js";
import { chat, parse } from "./page.js";
import * as thread from "./thread.js";
import * as toasts from "./toasts.js";
import * as typing from "./typing.js";

const content = (piece) => piece.content.firstElementChild;
const open = (piece) => piece.dataset.conversation === chat();

const handlers = {
  beat,
  message: (piece) => open(piece) && thread.put(content(piece), thread.day(piece.dataset.day, piece.dataset.title)),
  "message-changed": (piece) => open(piece) && thread.put(content(piece)),
  row: (piece) => list.put(content(piece)),
  "row-gone": (piece) => list.gone(piece.dataset.conversation),
  counters: (piece) => counters.show(piece.dataset),
  typing: (piece) => typing.show(piece.dataset),
  notice: (piece) => toasts.show(piece.content.textContent.trim(), piece.dataset.kind),
  outage: (piece) => document.dispatchEvent(new CustomEvent("painel:outage", { detail: Boolean(piece.dataset.away) })),
  expired: () => document.dispatchEvent(new Event("painel:expired")),
  reload: () => location.reload(),
  errand: (piece) => {
    document.getElementById("live-errands").replaceChildren(piece);
    htmx.process(piece);
  },
};

export function handle(piece) {
  if (piece.dataset.live !== "errand") piece.remove();
  handlers[piece.dataset.live]?.(piece);
}

document.addEventListener("htmx:wsBeforeMessage", (event) => {
  event.preventDefault();
  for (const piece of [...parse(event.detail.message).children]) {
    if (piece.dataset.live) handle(piece);
    else if (piece.id && document.getElementById(piece.id)) {
      piece.removeAttribute("hx-swap-oob");
      document.getElementById(piece.id).replaceWith(piece);
      htmx.process(piece);
    }
  }
});

// A piece may also come inside the answer to a request.
document.addEventListener("htmx:afterSwap", () => document.querySelectorAll("template[data-live]").forEach(handle));
