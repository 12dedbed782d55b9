// The connection with the panel: when it is lost, when the next try comes, and when it is back.
(() => {
  const STEPS = [1, 2, 5, 10, 30];
  const place = () => document.getElementById("faixa-ligacao");
  let nextTry = 0;
  let lost;
  let ticking;
  let expired = false;

  htmx.config.wsReconnectDelay = (tries) => {
    const seconds = STEPS[Math.min(tries, STEPS.length - 1)];
    const delay = seconds * 1000 * (0.8 + Math.random() * 0.4);
    nextTry = Date.now() + delay;
    return delay;
  };

  function band(kind, id, html, label, act) {
    const button = `<div class="banner__actions"><button class="btn btn--sm" type="button">${label}</button></div>`;
    place().innerHTML = `<div class="banner${kind}" id="${id}" role="status"><p class="banner__text">${html}</p>${label ? button : ""}</div>`;
    place().querySelector("button")?.addEventListener("click", act);
  }

  function tell() {
    if (expired) return;
    band(" banner--warn", "sem-ligacao",
      '<strong>Sem ligação com o painel.</strong> Você pode escrever; as mensagens saem quando ela voltar. <span class="num" data-next></span>',
      "Tentar agora", again);
    clearInterval(ticking);
    ticking = setInterval(count, 500);
    count();
  }

  function count() {
    const left = Math.ceil((nextTry - Date.now()) / 1000);
    const slot = place().querySelector("[data-next]");
    if (slot) slot.textContent = left > 0 ? `Nova tentativa em ${left} s.` : "Tentando…";
  }

  // A fresh element is a fresh socket; the old one closes itself when its element is gone.
  function again() {
    const old = document.getElementById("live");
    const fresh = old.cloneNode(true);
    old.replaceWith(fresh);
    htmx.process(fresh);
  }

  document.addEventListener("htmx:wsClose", (event) => {
    if (event.detail.event.code === 4401) document.dispatchEvent(new Event("painel:expired"));
    lost ??= setTimeout(tell, 3000);
  });

  document.addEventListener("htmx:wsOpen", () => {
    clearTimeout(lost);
    clearInterval(ticking);
    lost = undefined;
    if (!document.getElementById("sem-ligacao")) return;
    place().replaceChildren();
    toasts.show("Conexão de volta.", "aviso");
  });

  // The socket stands, but the panel itself is without its database.
  document.addEventListener("painel:outage", ({ detail: away }) => {
    if (away) {
      band(" banner--warn", "sem-banco",
        "<strong>O painel está sem o banco de dados.</strong> Nada se perde: o que os clientes mandam e o que você escreve fica guardado e aparece quando ele voltar.");
    } else if (document.getElementById("sem-banco")) {
      place().replaceChildren();
      toasts.show("O banco de dados voltou.", "aviso");
      const { url } = document.getElementById("chat").dataset;
      if (url) htmx.ajax("GET", `${url}estado/`, { target: "#live-errands", swap: "innerHTML" });
    }
  });

  document.addEventListener("painel:expired", () => {
    if (expired) return;
    expired = true;
    clearInterval(ticking);
    band(" banner--info", "sessao-expirada",
      "<strong>Sua sessão expirou.</strong> O que você escreveu está guardado neste computador.",
      "Entrar de novo", () => location.reload());
  });
})();
