// Where the thread is scrolled to: its end is followed, and what came below is counted on a button.
const NEAR = 80;
export const pane = () => document.getElementById("thread");

export const atEnd = () => {
  const box = pane();
  return box && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
};

export const toEnd = () => { const box = pane(); if (box) box.scrollTop = box.scrollHeight; };

// One more message came while the agent reads further up.
export function below() {
  const place = document.getElementById("pular");
  const button = place.firstElementChild ?? place.appendChild(document.createElement("button"));
  const count = Number(button.dataset.count ?? 0) + 1;
  button.type = "button";
  button.className = "jump";
  button.dataset.count = count;
  button.textContent = `↓ ${count}`;
  button.setAttribute("aria-label", `${count} ${count === 1 ? "mensagem nova" : "mensagens novas"}, ir para o fim`);
}

// Whoever reads the end goes on reading it when a keyboard opens or the composer grows.
export function follow(box) {
  let ending = atEnd();
  new ResizeObserver(() => { if (ending) toEnd(); }).observe(box);
  box.addEventListener("scroll", () => {
    ending = atEnd();
    if (ending) document.getElementById("pular").replaceChildren();
  });
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("#pular")) return;
  toEnd();
  pane().focus({ preventScroll: true });
});
