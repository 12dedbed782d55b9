// The waiting times of the queue, which grow while the page stands: rows, tab, empty page.
import { waited } from "./wait.js";

const settings = () => document.getElementById("lista").dataset;
const now = () => Date.now() / 1000;

const lateness = (slot, seconds) => {
  const { warn, late } = settings();
  slot.classList.toggle("is-danger", seconds >= Number(late));
  slot.classList.toggle("is-warn", seconds >= Number(warn) && seconds < Number(late));
};

// Since when the first of the queue waits, in unix seconds; "" when nobody does.
export function since(oldest) {
  settings().oldest = oldest;
  age();
}

export function age() {
  const { warn, oldest } = settings();
  const longest = oldest ? now() - Number(oldest) : 0;
  document.getElementById("aba-pendentes").classList.toggle("tab--late", longest >= Number(warn));
  document.querySelectorAll('[data-figure="oldest"]').forEach((figure) => {
    figure.textContent = oldest ? waited(longest) : "—";
    lateness(figure, longest);
  });
  document.querySelectorAll(".conv-item[data-since]").forEach((item) => {
    const seconds = now() - Number(item.dataset.since);
    const slot = item.querySelector(".conv__wait");
    slot.querySelector("[data-wait]").textContent = waited(seconds);
    lateness(slot, seconds);
  });
}

document.addEventListener("DOMContentLoaded", () => { age(); setInterval(age, 30000); });
