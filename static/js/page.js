// What every part asks of the page: what is open, what a request carries, a piece of HTML.
export const app = () => document.querySelector(".app");

// The id of the open conversation, as text; undefined when none is open.
export const chat = () => document.getElementById("chat").dataset.conversation;

// Three panes side by side (SPEC §2); below that the client's panel is a drawer.
export const wide = () => matchMedia("(min-width: 1280px)").matches;

export const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"));

export function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content;
}

// A fresh copy of the element inside the page's <template id="...">.
export const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

// Asks for header, composer and card of the open conversation anew.
export function refresh() {
  const { url } = document.getElementById("chat").dataset;
  if (url) htmx.ajax("GET", `${url}estado/`, { target: "#live-errands", swap: "innerHTML" });
}
