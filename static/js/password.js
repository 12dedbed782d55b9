// The eye beside a password: shows what was typed, for who wants to check it.
document.addEventListener("click", (event) => {
  const eye = event.target.closest("[data-show-password]");
  if (!eye) return;
  const input = eye.closest(".input-group").querySelector("input");
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  eye.setAttribute("aria-pressed", String(shown));
});
