// Where the focus goes when what had it is gone: an answer that replaces its own button, or a button
// that is disabled while it waits, would leave it on the body. `data-return` on the form or around
// the button names the places to go back to, the first that is there; else it is the button itself.
let places = [];

document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
  const scope = elt.closest("[data-return]") ?? elt;
  if (!scope.contains(document.activeElement)) return;
  places = [...(scope.dataset.return?.split(" ") ?? []), elt.id].filter(Boolean);
});

// After all else that a swap calls, and after a dialog that closes has given the focus back.
document.addEventListener("htmx:afterRequest", () => setTimeout(() => {
  if (document.activeElement !== document.body) return;
  places.map((id) => document.getElementById(id)).find(Boolean)?.focus();
  places = [];
}));
