// What the socket says. Each piece is a <template data-live> around the same partial that the page
// uses; putting it twice changes nothing, so a replay after a lost connection is harmless.
window.live = (() => {
  const chat = () => document.getElementById("chat").dataset.conversation;
  const content = (piece) => piece.content.firstElementChild;
  const mine = (piece) => piece.dataset.conversation === chat();

  const handlers = {
    message: (piece) => mine(piece) && thread.put(content(piece), thread.day(piece.dataset.day, piece.dataset.title)),
    "message-changed": (piece) => mine(piece) && thread.put(content(piece)),
    // "present": a search found its rows; a row that it did not find is none of its.
    row: (piece) => (piece.dataset.only !== "present" || document.getElementById(content(piece).id)) && list.put(content(piece)),
    "row-gone": (piece) => list.gone(piece.dataset.conversation),
    counters: (piece) => counters(piece.dataset),
    typing: (piece) => typing(piece.dataset),
    notice: (piece) => toasts.show(piece.content.textContent.trim(), piece.dataset.kind),
    outage: (piece) => document.dispatchEvent(new CustomEvent("painel:outage", { detail: Boolean(piece.dataset.away) })),
    expired: () => document.dispatchEvent(new Event("painel:expired")),
    reload: () => location.reload(),
    errand: (piece) => {
      document.getElementById("live-errands").replaceChildren(piece);
      htmx.process(piece);
    },
  };

  function handle(piece) {
    if (piece.dataset.live !== "errand") piece.remove();
    handlers[piece.dataset.live]?.(piece);
  }

  function counters({ pending, active, oldest }) {
    document.querySelectorAll('[data-figure="pending"]').forEach((figure) => { figure.textContent = pending; });
    document.querySelector("#aba-ativos .tab__count").textContent = active;
    document.getElementById("assumir-proxima")?.toggleAttribute("disabled", pending === "0");
    list.waits(oldest);
    const badge = document.getElementById("trilho-pendentes");
    badge.lastChild.textContent = pending;
    badge.hidden = pending === "0";
    document.title = `${pending === "0" ? "" : `(${pending}) `}Conversas · Painel de Atendimento`;
  }

  let quiet;
  function typing({ conversation, state }) {
    list.types(conversation, state);
    const line = document.getElementById("digitando");
    if (conversation !== chat() || !line) return;
    clearTimeout(quiet);
    line.hidden = state === "paused";
    line.innerHTML = '<span class="typing__dots" aria-hidden="true"><i></i><i></i><i></i></span>';
    line.append(state === "recording" ? "gravando áudio" : "digitando");
    if (line.hidden) return;
    quiet = setTimeout(() => { line.hidden = true; }, 10000);
    if (thread.atEnd()) thread.toEnd();
  }

  document.addEventListener("htmx:wsBeforeMessage", (event) => {
    event.preventDefault();
    const holder = document.createElement("template");
    holder.innerHTML = event.detail.message;
    for (const piece of [...holder.content.children]) {
      if (piece.dataset.live) handle(piece);
      else if (piece.id && document.getElementById(piece.id)) {
        piece.removeAttribute("hx-swap-oob");
        document.getElementById(piece.id).replaceWith(piece);
        htmx.process(piece);
      }
    }
  });
  return { handle };
})();
