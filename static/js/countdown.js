// How long the QR is still good for, between one answer of the server and the next.
const FIRST = 60;
const NEXT = 20;

function start() {
  const timer = document.querySelector("[data-left]");
  if (!timer || timer.dataset.until) return;
  timer.dataset.until = performance.now() + Number(timer.dataset.left) * 1000;
  tick();
}

function tick() {
  const timer = document.querySelector("[data-until]");
  if (!timer) return;
  const left = Math.max(0, (Number(timer.dataset.until) - performance.now()) / 1000);
  timer.querySelector("[data-seconds]").textContent = Math.ceil(left);
  const share = left / (left > NEXT ? FIRST : NEXT);
  timer.querySelector(".meter__fill").setAttribute("width", `${Math.min(100, share * 100)}%`);
}

document.addEventListener("DOMContentLoaded", () => { start(); setInterval(tick, 500); });
document.addEventListener("htmx:load", start);
