// What the socket says. Each piece is a <template data-live> around the same partial that the page
// uses; putting it twice changes nothing, so a replay after a lost connection is harmless.
(() => {
  const chat = () => document.getElementById("chat")?.dataset.conversation;
  const content = (piece) => piece.content.firstElementChild;

  const handlers = {
    message: (piece) => thread.put(content(piece), thread.day(piece.dataset.day, piece.dataset.title)),
    "message-changed": (piece) => thread.put(content(piece)),
    row: (piece) => list.put(content(piece)),
    "row-gone": (piece) => list.gone(piece.dataset.conversation),
    counters: (piece) => counters(piece.dataset),
    typing: (piece) => typing(piece.dataset),
    reload: () => location.reload(),
    errand: (piece) => {
      document.getElementById("live-errands").replaceChildren(piece);
      htmx.process(piece);
    },
  };

  function counters({ pending, active, late }) {
    const tabs = document.querySelectorAll("#abas .tab");
    tabs[0].querySelector(".tab__count").textContent = pending;
    tabs[1].querySelector(".tab__count").textContent = active;
    tabs[0].classList.toggle("tab--late", Boolean(late));
    const badge = document.getElementById("trilho-pendentes");
    badge.lastChild.textContent = pending;
    badge.hidden = pending === "0";
    document.title = `${pending === "0" ? "" : `(${pending}) `}Conversas · Painel de Atendimento`;
  }

  let quiet;
  function typing({ conversation, state }) {
    list.types(conversation, state);
    if (conversation !== chat()) return;
    const line = document.getElementById("digitando");
    clearTimeout(quiet);
    line.hidden = state === "paused";
    line.innerHTML = '<span class="typing__dots" aria-hidden="true"><i></i><i></i><i></i></span>';
    line.append(state === "recording" ? "gravando áudio" : "digitando");
    if (!line.hidden) {
      quiet = setTimeout(() => { line.hidden = true; }, 10000);
      if (thread.atEnd()) thread.toEnd();
    }
  }

  function receive(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    for (const piece of [...holder.content.children]) {
      if (piece.dataset.live) handlers[piece.dataset.live]?.(piece);
      else if (piece.id && document.getElementById(piece.id)) {
        piece.removeAttribute("hx-swap-oob");
        document.getElementById(piece.id).replaceWith(piece);
        htmx.process(piece);
      }
    }
  }

  document.addEventListener("htmx:wsBeforeMessage", (event) => {
    event.preventDefault();
    receive(event.detail.message);
  });

  // A field being filled is never replaced: neither the text being written nor the client's form.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const form = target.id === "composer" && target.querySelector("#escrever") && fragment.querySelector("#escrever");
    const editing = target.tagName === "FORM" && target.id === "cliente" && target.contains(document.activeElement);
    if (form || editing) event.preventDefault();
  });
  document.addEventListener("htmx:oobAfterSwap", () => document.dispatchEvent(new Event("painel:composer")));

  let lost;
  document.addEventListener("htmx:wsClose", () => {
    lost ??= setTimeout(() => {
      const band = document.createElement("div");
      band.className = "banner banner--warn";
      band.id = "sem-ligacao";
      band.setAttribute("role", "status");
      band.innerHTML = '<p class="banner__text"><strong>Sem ligação com o painel.</strong> Você pode escrever; as mensagens saem quando ela voltar.</p>'
        + '<div class="banner__actions"><button class="btn btn--sm" type="button">Tentar agora</button></div>';
      band.querySelector("button").addEventListener("click", () => location.reload());
      document.getElementById("faixa").append(band);
    }, 3000);
  });
  document.addEventListener("htmx:wsOpen", () => {
    clearTimeout(lost);
    lost = undefined;
    document.getElementById("sem-ligacao")?.remove();
  });
})();
