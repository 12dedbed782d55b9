// That the customer types or records: in the row of the list and under the thread. It ends by itself
// after ten seconds, since the word that it ended may never come.
import { chat } from "./page.js";
import { atEnd, toEnd } from "./scroll.js";

const LASTS = 10000;

export function show({ conversation, state }) {
  inRow(conversation, state);
  if (conversation === chat()) inThread(state);
}

// What stood in each row before, and when it comes back.
const rows = new Map();

function inRow(pk, state) {
  clearTimeout(rows.get(pk)?.timer);
  const slot = document.querySelector(`#conv-${CSS.escape(pk)} .conv__prev`);
  const shown = slot?.querySelector(".conv__typing");
  if (!slot || (state === "paused" && !shown)) return;
  const before = shown ? rows.get(pk)?.html ?? "" : slot.innerHTML;
  const restore = () => {
    const line = document.querySelector(`#conv-${CSS.escape(pk)} .conv__typing`);
    if (line) line.parentElement.innerHTML = before;
    rows.delete(pk);
  };
  if (state === "paused") { restore(); return; }
  slot.innerHTML = `<span class="conv__typing truncate">${words(state)}…</span>`;
  rows.set(pk, { html: before, timer: setTimeout(restore, LASTS) });
}

let quiet;
function inThread(state) {
  const line = document.getElementById("digitando");
  if (!line) return;
  clearTimeout(quiet);
  line.hidden = state === "paused";
  line.innerHTML = '<span class="typing__dots" aria-hidden="true"><i></i><i></i><i></i></span>';
  line.append(words(state));
  if (line.hidden) return;
  quiet = setTimeout(() => { line.hidden = true; }, LASTS);
  if (atEnd()) toEnd();
}

const words = (state) => (state === "recording" ? "gravando áudio" : "digitando");
