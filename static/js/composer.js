// Writing: nothing typed is lost. A message has its id from the first moment, waits in the
// browser's own storage until the server has answered, and is asked for again under the same id.
window.composer = (() => {
  const form = () => document.getElementById("escrever");
  const field = () => document.getElementById("texto-msg");
  const draft = (pk) => `rascunho:${pk}`;
  const touch = matchMedia("(pointer: coarse)").matches;
  const waiting = new Map();

  function load() {
    store.names("saida:").forEach((name) => { const one = store.get(name); if (one) waiting.set(one.key, one); });
    return [...waiting.values()].sort((a, b) => a.at - b.at);
  }

  function forget(key) {
    waiting.delete(key);
    store.set(`saida:${key}`, null);
  }

  function bubble(one) {
    const item = document.createElement("li");
    item.className = "msg msg--out is-queued";
    item.id = `m-${one.key}`;
    item.dataset.key = one.key;
    item.dataset.at = one.at / 1000;
    item.dataset.mine = "1";
    item.innerHTML = '<div class="bubble"><span class="bubble__text"></span> <span class="msg__meta"><time></time>'
      + '<span class="tick tick--fila" role="img" aria-label="Na fila" title="Na fila"><svg class="icon icon--sm" aria-hidden="true"><use href="#i-clock"/></svg></span></span></div>';
    item.querySelector(".bubble__text").textContent = one.text;
    const [date, time] = local(one.at);
    item.querySelector("time").textContent = time;
    thread.put(item, thread.day(date, "Hoje"));
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
      const headers = { ...thread.csrf(), "HX-Request": "true" };
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

  const parse = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    return holder.content;
  };

  // The answer shows the message as it was first. If the socket was faster, what it told is newer.
  function settled(one, html) {
    forget(one.key);
    const item = parse(html).firstElementChild;
    if (thread.chat() === one.chat && !document.getElementById(item.id)) thread.put(item);
    return true;
  }

  function refused(one, html) {
    forget(one.key);
    document.getElementById(`m-${one.key}`)?.remove();
    toasts.show(parse(html).querySelector('[data-live="notice"]')?.content.textContent.trim() ?? "A mensagem não foi aceita.");
    const here = thread.chat() === one.chat && field();
    const kept = here ? field().value : store.get(draft(one.chat), "");
    const text = kept ? `${one.text}\n${kept}` : one.text;
    store.set(draft(one.chat), text);
    if (here) { field().value = text; grow(); }
    return true;
  }

  function submit() {
    const text = field().value;
    if (!text.trim()) return;
    const last = load().at(-1)?.at ?? 0;
    const one = { key: uuid(), chat: thread.chat(), text, url: form().getAttribute("action"), at: Math.max(Date.now(), last + 1) };
    waiting.set(one.key, one);
    store.set(`saida:${one.key}`, one);
    bubble(one);
    field().value = "";
    store.set(draft(one.chat), null);
    grow();
    flush();
  }

  // crypto.randomUUID needs a secure context; a desk tried over http in the office has none.
  function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("").replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  function grow() {
    const box = field();
    box.rows = 1;
    const line = parseFloat(getComputedStyle(box).lineHeight) || 20;
    box.rows = Math.max(1, Math.min(8, Math.round((box.scrollHeight - 12) / line)));
  }

  function count() {
    const note = document.getElementById("na-fila");
    if (!note) return;
    const n = load().filter((one) => one.chat === thread.chat()).length;
    note.hidden = n === 0 || navigator.onLine && running;
    note.lastElementChild.textContent = n === 1 ? "1 mensagem espera a ligação" : `${n} mensagens esperam a ligação`;
  }

  let typed = 0;
  function onInput() {
    grow();
    store.set(draft(thread.chat()), field().value);
    if (Date.now() - typed > 8000 && field().value) {
      typed = Date.now();
      fetch(form().dataset.typing, { method: "POST", headers: thread.csrf() }).catch(() => { typed = 0; });
    }
  }

  // Called whenever a composer may have come: the draft is back, and what waits shows as queued.
  function open() {
    if (!field() || field().dataset.ready) return;
    field().dataset.ready = "1";
    field().value = store.get(draft(thread.chat()), "");
    grow();
    load().filter((one) => one.chat === thread.chat()).forEach(bubble);
    count();
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
  document.addEventListener("DOMContentLoaded", () => { open(); flush(); setInterval(flush, 5000); });
  document.addEventListener("htmx:wsOpen", flush);
  return { open, field };
})();
