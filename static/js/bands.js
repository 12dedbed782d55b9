// The band above the panes: one sentence about the connection, from the page's templates.
import { copy } from "./page.js";

const place = () => document.getElementById("faixa-ligacao");

export const shown = (id) => Boolean(document.getElementById(id));
export const clear = () => place().replaceChildren();

export function show(id, act) {
  if (shown(id)) return;
  const band = copy(`faixa-${id}`);
  band.id = id;
  band.querySelector("button")?.addEventListener("click", act);
  place().replaceChildren(band);
}
