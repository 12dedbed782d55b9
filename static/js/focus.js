// Where the focus goes when what had it is gone: an answer that replaces its own button, or a button
// that is disabled while it waits, would leave it on the body. `data-return` on the form or around
// the button names the places to go back to, the first that is there; else it is the button itself.
let asked = {};

document.addEventListener("htmx:beforeRequest", ({ detail: { elt, xhr } }) => {
  const scope = elt.closest("[data-return]") ?? elt;
  if (document.activeElement === document.body || !scope.contains(document.activeElement)) return;
  asked = { xhr, places: [...(scope.dataset.return?.split(" ") ?? []), elt.id].filter(Boolean) };
});

// What stands in a dialog that just closed keeps the focus until the page is drawn again.
const nowhere = () => document.activeElement === document.body || !document.activeElement.checkVisibility();

// After all else that a swap calls, and after a dialog that closes has given the focus back.
document.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => {
  if (xhr !== asked.xhr) return;
  const { places } = asked;
  setTimeout(() => { if (nowhere()) places.map((id) => document.getElementById(id)).find(Boolean)?.focus(); });
});
