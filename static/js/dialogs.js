// Dialogs: opened by a button, closed by Esc, by their buttons, and by what they did.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog").close();
  if (event.target.tagName === "DIALOG") event.target.close();
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig.elt;
  if (form.tagName === "FORM" && event.detail.xhr.status && event.detail.xhr.status < 500) form.closest("dialog")?.close();
});

// Questions before a step that takes something from somebody, in our words and our buttons.
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  const dialog = document.getElementById("confirmar");
  dialog.querySelector("p").textContent = event.detail.question;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => { if (dialog.returnValue === "sim") event.detail.issueRequest(true); }, { once: true });
  dialog.showModal();
});
