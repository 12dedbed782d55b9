// Older messages: asked for before the top is reached, put above without moving what is being read,
// and joined to the day they belong to.
import { pane } from "./scroll.js";
import { group } from "./thread.js";

function ask() {
  const button = document.querySelector("#mensagens > .thread__older button");
  if (button && pane().scrollTop < 300) htmx.trigger(button, "older");
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

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.target.classList.contains("thread__older")) return;
  const box = pane();
  const before = box.scrollHeight - box.scrollTop;
  box.setAttribute("aria-live", "off");
  requestAnimationFrame(() => {
    joinDays();
    box.scrollTop = box.scrollHeight - before;
    box.setAttribute("aria-live", "polite");
  });
});

// Scroll events do not bubble, but they are seen on the way down.
document.addEventListener("scroll", (event) => { if (event.target.id === "thread") ask(); }, true);
