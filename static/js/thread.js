// The open thread: where it is scrolled to, what was read, and a bubble's place in it.
window.thread = (() => {
  const NEAR = 80;
  const pane = () => document.getElementById("thread");
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

  function put(item, list) {
    const old = known(item);
    const follow = atEnd();
    if (old) old.replaceWith(item);
    else if (list) list.append(item);
    else return;
    if (item.classList.contains("msg")) group(item);
    htmx.process(item);
    if (follow || item.dataset.mine) toEnd();
    else if (!old && item.classList.contains("msg--in")) jump();
  }

  function jump() {
    let button = document.getElementById("pular");
    if (!button) {
      button = document.createElement("button");
      button.id = "pular";
      button.type = "button";
      button.className = "jump";
      button.dataset.count = "0";
      button.addEventListener("click", () => { toEnd(); button.remove(); });
      pane().append(button);
    }
    button.dataset.count = Number(button.dataset.count) + 1;
    button.textContent = `↓ ${button.dataset.count}`;
    button.setAttribute("aria-label", `${button.dataset.count} mensagens novas, ir para o fim`);
  }

  let asked = 0;
  function read() {
    const form = document.getElementById("escrever");
    const row = document.querySelector('.conv[aria-current="true"].is-unread');
    if (!form || !row || !document.hasFocus() || !atEnd() || Date.now() - asked < 1000) return;
    asked = Date.now();
    fetch(form.dataset.read, { method: "POST", headers: csrf() }).catch(() => { asked = 0; });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const box = pane();
    if (!box) return;
    const line = document.getElementById("nao-lidas");
    if (line) line.scrollIntoView({ block: "center" }); else toEnd();
    box.addEventListener("scroll", () => { if (atEnd()) document.getElementById("pular")?.remove(); read(); });
    window.addEventListener("focus", read);
    setInterval(read, 2000);
    read();
  });

  const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"));
  return { put, day, toEnd, atEnd, csrf };
})();
