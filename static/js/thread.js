// The open thread: a bubble's place in it, and its day.
import { opensGroup } from "./group.js";
import { copy } from "./page.js";
import { owe, read } from "./reading.js";
import { atEnd, below, follow, pane, toEnd } from "./scroll.js";

const messages = () => document.getElementById("mensagens");
const at = (item) => Number(item.dataset.at);

export function day(date, title) {
  const known = document.getElementById(`dia-${date}`);
  if (known) return known.querySelector(".thread__msgs");
  const section = copy("dia-novo");
  section.id = `dia-${date}`;
  section.setAttribute("aria-label", title);
  section.querySelector("time").dateTime = date;
  section.querySelector("time").textContent = title;
  messages().append(section);
  return section.querySelector(".thread__msgs");
}

const facts = (item) => item?.classList.contains("msg")
  ? { from: item.dataset.from, day: item.closest(".thread__day")?.id, at: at(item) }
  : null;

// The line above the first unread message parts no group.
const above = ({ previousElementSibling: one }) => (one?.classList.contains("unread") ? one.previousElementSibling : one);

export function group(item) {
  if (item?.classList.contains("msg")) item.classList.toggle("msg--first", opensGroup(facts(item), facts(above(item))));
}

// The same bubble may come as the answer of our POST and over the socket: the second replaces.
function known(item) {
  return document.getElementById(item.id)
    ?? (item.dataset.key && document.querySelector(`#mensagens [data-key="${CSS.escape(item.dataset.key)}"]`));
}

// Mostly the newest; one that took its time goes where its moment puts it.
function insert(item, list) {
  const earlier = [...list.children].reverse().find((one) => !(at(one) > at(item)));
  if (earlier) earlier.after(item); else list.prepend(item);
  group(item.nextElementSibling);
}

// A log reads aloud what is added; a bubble that only changed its tick was read before.
function replace(old, item) {
  const box = pane();
  box.setAttribute("aria-live", "off");
  old.replaceWith(item);
  requestAnimationFrame(() => box.setAttribute("aria-live", "polite"));
}

export function put(item, list) {
  const old = known(item);
  const ending = atEnd();
  if (old) replace(old, item);
  else if (list) insert(item, list);
  else return;
  group(item);
  htmx.process(item);
  const heard = !old && item.classList.contains("msg--in");
  if (heard) owe(true);
  if (ending || item.dataset.mine) toEnd();
  else if (heard) below();
}

export function open() {
  const box = pane();
  if (!box) return;
  owe(document.getElementById("chat-head").dataset.unread !== "0");
  const line = document.getElementById("nao-lidas");
  if (line) line.scrollIntoView({ block: "center" }); else toEnd();
  follow(box);
  box.addEventListener("scroll", read);
  read();
}

document.addEventListener("DOMContentLoaded", open);
