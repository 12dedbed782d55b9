// The socket's life: when it is lost or deaf, what the page says of it, and when it tries again.
//
// Who comes back after which close code:
//   4401                  the log-in ended: nobody; the page says so and offers to log in again
//   4408, 4503            too slow, or the server goes away: at once, a little apart from others
//   1006 and all others   after 1, 2, 5, 10, then every 30 seconds
// htmx's ws extension would come back by itself after 1006, 1011, 1012 and 1013 only. It never
// gets to: the element of a lost socket is replaced before the extension looks for it, so that
// there is one clock, here.
import * as bands from "./bands.js";
import * as heartbeat from "./heartbeat.js";
import { refresh } from "./page.js";
import * as toasts from "./toasts.js";

const ENDED = 4401;
const AT_ONCE = [4408, 4503];
const STEPS = [1, 2, 5, 10, 30];
const STEADY = 10000; // a socket that stood for so long was a good one
const HANDSHAKE = 20000;

let socket;
let began = 0;
let openedAt = 0;
let tries = 0;
let nextTry = 0;
let trying;
let telling;
let ticking;
let expired = false;

htmx.createWebSocket = (address) => {
  const fresh = new WebSocket(address);
  socket = fresh;
  began = Date.now();
  openedAt = 0;
  heartbeat.begin();
  fresh.addEventListener("open", opened);
  fresh.addEventListener("message", heartbeat.heard);
  fresh.addEventListener("close", (event) => { if (socket === fresh) lost(event.code); });
  return fresh;
};

function opened() {
  openedAt = Date.now();
  heartbeat.heard();
  clearTimeout(telling);
  clearInterval(ticking);
  telling = undefined;
  if (!bands.shown("sem-ligacao")) return;
  bands.clear();
  toasts.show("Conexão de volta.", "aviso");
}

function lost(code) {
  if (openedAt && Date.now() - openedAt > STEADY) tries = 0;
  if (code === ENDED) document.dispatchEvent(new Event("painel:expired"));
  replace();
  if (expired) return;
  plan(AT_ONCE.includes(code) && tries === 0 ? 0 : STEPS[Math.min(tries, STEPS.length - 1)]);
  telling ??= setTimeout(tell, 3000);
}

// Many pages lose their socket at the same moment, and must not come back at the same moment.
function plan(seconds) {
  tries += 1;
  const delay = seconds ? seconds * 1000 * (0.8 + Math.random() * 0.4) : Math.random() * 1000;
  nextTry = Date.now() + delay;
  clearTimeout(trying);
  trying = setTimeout(connect, delay);
}

// A fresh element is a fresh socket; what the old one was still to do ends with its element.
function replace() {
  const old = document.getElementById("live");
  old.replaceWith(old.cloneNode(true));
}

const connect = () => htmx.process(document.getElementById("live"));

function again() {
  clearTimeout(trying);
  const old = socket;
  socket = undefined;
  old?.close();
  replace();
  connect();
}

function tell() {
  if (expired) return;
  bands.show("sem-ligacao", again);
  clearInterval(ticking);
  ticking = setInterval(count, 500);
  count();
}

function count() {
  const left = Math.ceil((nextTry - Date.now()) / 1000);
  const slot = document.querySelector("#sem-ligacao [data-next]");
  if (slot) slot.textContent = left > 0 ? `Nova tentativa em ${left} s.` : "Tentando…";
}

// A computer that slept finds its clock far ahead: the first look after it woke tells.
function watch() {
  if (expired || !socket) return;
  if (socket.readyState === WebSocket.OPEN && heartbeat.silent()) { tell(); again(); }
  else if (socket.readyState === WebSocket.CONNECTING && Date.now() - began > HANDSHAKE) again();
}

setInterval(watch, 5000);
document.addEventListener("visibilitychange", watch);
window.addEventListener("online", () => { if (!expired && socket?.readyState !== WebSocket.OPEN) again(); });

// The socket stands, but the panel itself is without its database.
document.addEventListener("painel:outage", ({ detail: away }) => {
  if (away) bands.show("sem-banco");
  else if (bands.shown("sem-banco")) {
    bands.clear();
    toasts.show("O banco de dados voltou.", "aviso");
    refresh();
  }
});

document.addEventListener("painel:expired", () => {
  if (expired) return;
  expired = true;
  clearTimeout(trying);
  clearInterval(ticking);
  bands.show("sessao-expirada", () => location.reload());
});
