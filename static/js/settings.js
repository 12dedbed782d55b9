// The pages of Ajustes: one dialog that the server fills, the copy button, the choice of the theme.
const dialog = document.getElementById("dialogo");
let opener = null;

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target === dialog && !dialog.contains(detail.elt)) opener = detail.elt;
});

// What was asked for is in: open, with the focus where the answer says, an error first. htmx itself
// goes to the autofocus while it settles.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target !== dialog || !dialog.childElementCount) return;
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("[autofocus]"))?.focus();
});

document.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-dialog-close]")) dialog.close();
});

// A password is shown once: closing forgets it, and the page shows what became of the person.
dialog.addEventListener("close", () => {
  const changed = dialog.querySelector("[data-reload]");
  dialog.replaceChildren();
  if (changed) location.reload();
  else opener?.focus();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.lastElementChild.textContent = "Copiado";
  } catch {
    // Without permission (or https) the text is selected, and the person copies it.
    getSelection().selectAllChildren(source);
  }
});

const choices = [...document.querySelectorAll("[data-theme-choice]")];

function mark() {
  const theme = document.documentElement.dataset.theme ?? "";
  choices.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.themeChoice === theme)));
}

choices.forEach((one) => one.addEventListener("click", () => {
  const theme = one.dataset.themeChoice;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.cookie = `tema=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax`;
  mark();
}));
mark();
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-toggle]")) queueMicrotask(mark);
});
