// Sentences for the agent: what was done (#avisos) and what went wrong (#alertas).
const REST = 6000;

export function show(text, kind = "alerta") {
  const region = document.getElementById(kind === "aviso" ? "avisos" : "alertas");
  if (!text || [...region.children].some((one) => one.textContent === text)) return;
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.innerHTML = '<p class="toast__text"></p>';
  toast.firstChild.textContent = text;
  region.append(toast);
  let timer;
  const stay = () => clearTimeout(timer);
  const leave = () => { timer = setTimeout(() => toast.remove(), REST); };
  toast.addEventListener("pointerenter", stay);
  toast.addEventListener("pointerleave", leave);
  leave();
}

// Only for screen readers: one sentence in five seconds, however much arrives.
const news = new Map();
let telling;
export function arrived(name) {
  news.set(name, (news.get(name) ?? 0) + 1);
  telling ??= setTimeout(tell, 5000);
}

function tell() {
  const line = document.createElement("p");
  line.className = "sr-only";
  line.textContent = [...news].map(([name, n]) => `${n} ${n === 1 ? "mensagem nova" : "mensagens novas"} em ${name}`).join(". ");
  document.getElementById("avisos").append(line);
  setTimeout(() => line.remove(), 5000);
  news.clear();
  telling = undefined;
}

const failures = { 403: "Recarregue a página e tente de novo.", 404: "Isto não existe mais, ou não está entre os seus números." };
// The server's own words, where it answered an error with a notice.
const said = (xhr) => new DOMParser().parseFromString(xhr.responseText, "text/html")
  .querySelector('template[data-live="notice"]')?.content.textContent.trim();
document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  if (xhr.status === 401) document.dispatchEvent(new Event("painel:expired"));
  else show(said(xhr) || failures[xhr.status] || "O painel não conseguiu fazer isso agora. Tente de novo.");
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => show("Sem ligação com o painel. Tente de novo."));
}
