// The open thread: where it is scrolled to, what was read, and a bubble's place in it.
window.thread = (() => {
  const NEAR = 80;
  const pane = () => document.getElementById("thread");
  const chat = () => document.getElementById("chat").dataset.conversation;
  const atEnd = () => {
    const box = pane();
    return box && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
  };
  const toEnd = () => { const box = pane(); if (box) box.scrollTop = box.scrollHeight; };

  function day(date, title) {
    let section = document.getElementById(`dia-${date}`);
    if (section) return section.querySelector(".thread__msgs");
    section = document.createElement("section");
    section.className = "thread__day";
    section.id = `dia-${date}`;
    section.innerHTML = '<p class="day"><time></time></p><ol class="thread__msgs"></ol>';
    section.querySelector("time").textContent = title;
    document.getElementById("mensagens").append(section);
    return section.querySelector(".thread__msgs");
  }

  const sender = (item) =>
    (item.classList.contains("msg--in") ? "in" : "out") + (item.querySelector(".msg__author")?.textContent ?? "");

  function group(item) {
    if (!item?.classList.contains("msg")) return;
    const earlier = item.previousElementSibling;
    const same = earlier?.classList.contains("msg") && sender(earlier) === sender(item)
      && Number(item.dataset.at) - Number(earlier.dataset.at) < 300;
    item.classList.toggle("msg--first", !same);
  }

  // The same bubble may come as the answer of our POST and over the socket: the second replaces.
  function known(item) {
    return document.getElementById(item.id)
      ?? (item.dataset.key && document.querySelector(`#mensagens [data-key="${CSS.escape(item.dataset.key)}"]`));
  }

  // Mostly the newest; one that took its time goes where its moment puts it.
  function insert(item, list) {
    const later = [...list.children].reverse();
    const earlier = later.find((one) => !(Number(one.dataset.at) > Number(item.dataset.at)));
    if (earlier) earlier.after(item); else list.prepend(item);
    group(item.nextElementSibling);
  }

  function put(item, list) {
    const old = known(item);
    const follow = atEnd();
    if (old) old.replaceWith(item);
    else if (list) insert(item, list);
    else return;
    group(item);
    htmx.process(item);
    const heard = !old && item.classList.contains("msg--in");
    if (heard) unread = true;
    if (follow || item.dataset.mine) toEnd();
    else if (heard) jump();
  }

  function jump() {
    const place = document.getElementById("pular");
    const button = place.firstElementChild ?? place.appendChild(document.createElement("button"));
    const count = Number(button.dataset.count ?? 0) + 1;
    button.type = "button";
    button.className = "jump";
    button.dataset.count = count;
    button.textContent = `↓ ${count}`;
    button.setAttribute("aria-label", `${count} ${count === 1 ? "mensagem nova" : "mensagens novas"}, ir para o fim`);
  }

  let unread = false;
  let asked = 0;
  function read() {
    const url = document.getElementById("escrever")?.dataset.read;
    if (!url || !unread || !document.hasFocus() || !atEnd() || Date.now() - asked < 1000) return;
    asked = Date.now();
    unread = false;
    fetch(url, { method: "POST", headers: csrf() }).then((answer) => { unread ||= !answer.ok; }, () => { unread = true; });
  }

  // "Não lida" holds until the conversation is opened anew.
  function markUnread() {
    const url = document.getElementById("chat-head")?.dataset.unreadUrl;
    if (!url) return;
    unread = false;
    fetch(url, { method: "POST", headers: csrf() }).then((answer) => {
      if (answer.ok) toasts.show("Marcada como não lida.", "aviso");
    }, () => toasts.show("Sem ligação com o painel. Tente de novo."));
  }

  function older() {
    const button = document.querySelector("#mensagens > .thread__older button");
    if (button && pane().scrollTop < 300) htmx.trigger(button, "older");
  }

  // Older messages go above without moving what is being read, and join the day they belong to.
  function keepPlace(event) {
    if (!event.detail.target.classList.contains("thread__older")) return;
    const box = pane();
    const before = box.scrollHeight - box.scrollTop;
    box.setAttribute("aria-live", "off");
    requestAnimationFrame(() => {
      joinDays();
      box.scrollTop = box.scrollHeight - before;
      box.setAttribute("aria-live", "polite");
    });
  }

  function joinDays() {
    const first = new Map();
    document.querySelectorAll("#mensagens > .thread__day").forEach((section) => {
      const early = first.get(section.id);
      if (!early) { first.set(section.id, section); return; }
      const list = section.querySelector(".thread__msgs");
      const joint = list.firstElementChild;
      early.querySelector(".thread__msgs").append(...list.children);
      group(joint);
      section.remove();
    });
  }

  function open() {
    const box = pane();
    if (!box) return;
    unread = document.getElementById("chat-head").dataset.unread !== "0";
    const line = document.getElementById("nao-lidas");
    if (line) line.scrollIntoView({ block: "center" }); else toEnd();
    // Whoever reads the end goes on reading it when a keyboard opens or the composer grows.
    let ending = atEnd();
    new ResizeObserver(() => { if (ending) toEnd(); }).observe(box);
    box.addEventListener("scroll", () => {
      ending = atEnd();
      if (ending) document.getElementById("pular").replaceChildren();
      older();
      read();
    });
    read();
  }

  document.addEventListener("click", (event) => { if (event.target.closest("#pular")) toEnd(); });
  document.addEventListener("htmx:beforeSwap", keepPlace);
  document.addEventListener("DOMContentLoaded", () => { open(); setInterval(read, 2000); });
  window.addEventListener("focus", read);

  const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"));
  return { put, day, toEnd, atEnd, csrf, open, chat, markUnread };
})();
