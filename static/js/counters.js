// How many wait and are in hand: tabs, rail, empty page, title.
import { since } from "./waits.js";

export function show({ pending, active, oldest }) {
  document.querySelectorAll('[data-figure="pending"]').forEach((figure) => { figure.textContent = pending; });
  document.querySelector("#aba-ativos .tab__count").textContent = active;
  document.getElementById("assumir-proxima")?.toggleAttribute("disabled", pending === "0");
  since(oldest);
  const badge = document.getElementById("trilho-pendentes");
  badge.lastChild.textContent = pending;
  badge.hidden = pending === "0";
  document.title = `${pending === "0" ? "" : `(${pending}) `}Conversas · Painel de Atendimento`;
}
