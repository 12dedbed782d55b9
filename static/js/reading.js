// What counts as read: the end of the thread in view of a focused window. "Não lida" holds until the
// conversation is opened anew.
import { csrf } from "./page.js";
import { atEnd } from "./scroll.js";
import * as toasts from "./toasts.js";

let unread = false;
let asked = 0;

export const owe = (something) => { unread = something; };

export function read() {
  const url = document.getElementById("escrever")?.dataset.read;
  if (!url || !unread || !document.hasFocus() || !atEnd() || Date.now() - asked < 1000) return;
  asked = Date.now();
  unread = false;
  fetch(url, { method: "POST", headers: csrf() }).then((answer) => { unread ||= !answer.ok; }, () => { unread = true; });
}

export function markUnread() {
  const url = document.getElementById("chat-head")?.dataset.unreadUrl;
  if (!url) return;
  unread = false;
  fetch(url, { method: "POST", headers: csrf() }).then((answer) => {
    if (answer.ok) toasts.show("Marcada como não lida.", "aviso");
  }, () => toasts.show("Sem ligação com o painel. Tente de novo."));
}

document.addEventListener("DOMContentLoaded", () => setInterval(read, 2000));
window.addEventListener("focus", read);
