// Writing: nothing typed is lost. A message has its id from the first moment, waits in the
// browser's own storage until the server has answered, and is asked for again under the same id.
(() => {
  const WAITING = "painel:saida";
  const form = () => document.getElementById("escrever");
  const field = () => document.getElementById("texto-msg");
  const chat = () => document.getElementById("chat")?.dataset.conversation;
  const draftKey = () => `painel:rascunho:${chat()}`;
  const touch = matchMedia("(pointer: coarse)").matches;
  const load = () => JSON.parse(localStorage.getItem(WAITING) || "[]");
  const save = (all) => localStorage.setItem(WAITING, JSON.stringify(all));
  const sending = new Set();

  function say(text) {
    const toast = document.createElement("div");
    toast.className = "toast toast--danger";
    toast.innerHTML = '<p class="toast__text"></p>';
    toast.firstChild.textContent = text;
    document.getElementById("alertas").replaceChildren(toast);
    setTimeout(() => toast.remove(), 10000);
  }

  function bubble(one) {
    const now = new Date();
    const item = document.createElement("li");
    item.className = "msg msg--out is-queued";
    item.id = `m-${one.key}`;
    item.dataset.key = one.key;
    item.dataset.at = now.getTime() / 1000;
    item.dataset.mine = "1";
    item.innerHTML = '<div class="bubble"><span class="bubble__text"></span><span class="msg__meta"><time></time>'
      + '<span class="tick tick--fila" role="img" aria-label="Na fila"><svg class="icon icon--sm" aria-hidden="true"><use href="#i-clock"/></svg></span></span></div>';
    item.querySelector(".bubble__text").textContent = one.text;
    item.querySelector("time").textContent = now.toTimeString().slice(0, 5);
    const date = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
    thread.put(item, thread.day(date, "Hoje"));
  }

  const forget = (key) => save(load().filter((one) => one.key !== key));

  async function deliver(one) {
    if (sending.has(one.key)) return;
    sending.add(one.key);
    try {
      const body = new URLSearchParams({ texto: one.text, chave: one.key });
      const answer = await fetch(one.url, { method: "POST", body, headers: thread.csrf(), redirect: "manual" });
      if (answer.ok) settled(one, await answer.text());
      else if (answer.status === 422 || answer.status === 404) refused(one, await answer.text());
      else if (answer.type === "opaqueredirect" || answer.status === 403) say("Sua sessão expirou. Entre de novo; o texto está guardado.");
      else say("O painel não conseguiu guardar a mensagem agora. Ela sai assim que ele voltar.");
    } catch {
      say("Sem ligação com o painel. A mensagem sai quando ela voltar.");
    } finally {
      sending.delete(one.key);
    }
  }

  function settled(one, html) {
    forget(one.key);
    if (chat() !== one.chat) return;
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    thread.put(holder.content.firstElementChild);
  }

  function refused(one, html) {
    forget(one.key);
    document.getElementById(`m-${one.key}`)?.remove();
    const holder = document.createElement("template");
    holder.innerHTML = html;
    say(holder.content.querySelector(".toast__text")?.textContent ?? "A mensagem não foi aceita.");
    if (chat() === one.chat && field() && !field().value) { field().value = one.text; grow(); }
  }

  function submit() {
    const text = field().value;
    if (!text.trim()) return;
    const one = { key: crypto.randomUUID(), chat: chat(), text, url: form().action };
    save([...load(), one]);
    bubble(one);
    field().value = "";
    localStorage.removeItem(draftKey());
    grow();
    deliver(one);
  }

  function grow() {
    const box = field();
    box.rows = Math.min(8, box.value.split("\n").length);
  }

  let drafting, typed = 0;
  function onInput() {
    grow();
    clearTimeout(drafting);
    drafting = setTimeout(() => {
      if (field().value) localStorage.setItem(draftKey(), field().value);
      else localStorage.removeItem(draftKey());
    }, 500);
    if (Date.now() - typed > 8000 && field().value) {
      typed = Date.now();
      fetch(form().dataset.typing, { method: "POST", headers: thread.csrf() }).catch(() => {});
    }
  }

  function retry() { load().forEach(deliver); }

  function ready() {
    if (!field() || field().dataset.ready) return;
    field().dataset.ready = "1";
    field().value = localStorage.getItem(draftKey()) || "";
    grow();
    load().filter((one) => one.chat === chat()).forEach(bubble);
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
  document.addEventListener("DOMContentLoaded", () => { ready(); retry(); setInterval(retry, 5000); });
  document.addEventListener("htmx:load", ready);
  document.addEventListener("painel:composer", ready);
  document.addEventListener("htmx:wsOpen", retry);
})();
