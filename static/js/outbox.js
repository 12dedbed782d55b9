// Messages on their way to the server: nothing written is lost. Each has its id from the first
// moment, waits in the browser's own storage until the server has answered, and is asked for again
// under the same id.
import * as drafts from "./drafts.js";
import { chat, copy, csrf, parse } from "./page.js";
import * as store from "./store.js";
import { day, put } from "./thread.js";
import * as toasts from "./toasts.js";

const waiting = new Map();

// In the order in which they were written. Another window of this browser may have added some.
function load() {
  store.names("saida:").forEach((name) => { const one = store.get(name); if (one) waiting.set(one.key, one); });
  return [...waiting.values()].sort((a, b) => a.at - b.at);
}

function forget(key) {
  waiting.delete(key);
  store.set(`saida:${key}`, null);
}

export function add(text, url) {
  const last = load().at(-1)?.at ?? 0;
  const one = { key: uuid(), chat: chat(), text, url, at: Math.max(Date.now(), last + 1) };
  waiting.set(one.key, one);
  store.set(`saida:${one.key}`, one);
  show(one);
  flush();
}

// The server's own bubble, of which only the words and the moment are missing.
function show(one) {
  const item = copy("bolha-na-fila");
  item.id = `m-${one.key}`;
  Object.assign(item.dataset, { key: one.key, at: one.at / 1000, mine: "1" });
  item.querySelector(".bubble__text").textContent = one.text;
  const [date, time] = local(one.at);
  item.querySelector("time").dateTime = new Date(one.at).toISOString();
  item.querySelector("time").textContent = time;
  put(item, day(date, "Hoje"));
}

// The company's clock, not the computer's.
const zone = { timeZone: document.body.dataset.zone, dateStyle: "short", timeStyle: "short" };
const local = (at) => new Intl.DateTimeFormat("sv-SE", zone).format(at).split(" ");

// One after the other, so that they arrive in the order in which they were written. What stops
// one stops those behind it until the next try; only a refusal lets them pass.
let running = false;
async function flush() {
  if (running) return;
  running = true;
  try {
    for (let one = load()[0]; one; one = load()[0]) if (!await deliver(one)) break;
  } finally {
    running = false;
    count();
  }
}

async function deliver(one) {
  const body = new URLSearchParams({ texto: one.text, chave: one.key });
  try {
    const headers = { ...csrf(), "HX-Request": "true" };
    const answer = await fetch(one.url, { method: "POST", body, headers, signal: AbortSignal.timeout(20000) });
    if (answer.ok) return settled(one, await answer.text());
    if ([400, 404, 413, 422].includes(answer.status)) return refused(one, await answer.text());
    if (answer.status === 401) document.dispatchEvent(new Event("painel:expired"));
    else if (answer.status === 403) toasts.show("Recarregue a página: as mensagens escritas estão guardadas e saem depois.");
    else toasts.show("O painel não conseguiu guardar a mensagem agora. Ela sai assim que ele voltar.");
  } catch {
    toasts.show("Sem ligação com o painel. A mensagem sai quando ela voltar.");
  }
  return false;
}

// The answer shows the message as it was first. If the socket was faster, what it told is newer.
function settled(one, html) {
  forget(one.key);
  const item = parse(html).firstElementChild;
  if (chat() === one.chat && !document.getElementById(item.id)) put(item);
  return true;
}

// What was refused goes back to where it was written, above what was begun since.
function refused(one, html) {
  forget(one.key);
  document.getElementById(`m-${one.key}`)?.remove();
  toasts.show(parse(html).querySelector('[data-live="notice"]')?.content.textContent.trim() ?? "A mensagem não foi aceita.");
  const begun = drafts.get(one.chat);
  drafts.set(one.chat, begun ? `${one.text}\n${begun}` : one.text);
  document.dispatchEvent(new CustomEvent("painel:draft", { detail: one.chat }));
  return true;
}

// crypto.randomUUID needs a secure context; a desk tried over http in the office has none.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("").replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const here = () => load().filter((one) => one.chat === chat());

function count() {
  const note = document.getElementById("na-fila");
  if (!note) return;
  const n = here().length;
  note.hidden = n === 0 || navigator.onLine && running;
  note.lastElementChild.textContent = n === 1 ? "1 mensagem espera a ligação" : `${n} mensagens esperam a ligação`;
}

// What waits for the conversation that was just opened.
export function open() {
  here().forEach(show);
  count();
}

document.addEventListener("DOMContentLoaded", () => { flush(); setInterval(flush, 5000); });
document.addEventListener("htmx:wsOpen", flush);
