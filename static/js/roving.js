// The list is one stop for Tab: the row last focused, else the open one, else the first. Arrows and
// letters move from row to row.
import { chat } from "./page.js";

const rows = () => [...document.querySelectorAll("#conv-list .conv")];

export function rove(row) {
  const all = rows();
  const stop = row ?? all.find((one) => one.getAttribute("aria-current") === "true") ?? all[0];
  all.forEach((one) => { one.tabIndex = one === stop ? 0 : -1; });
}

// After rows came or went: the stop stays where it is, if it is still there.
export const keep = () => rove(rows().find((row) => row.tabIndex === 0));

export function move(step) {
  const all = rows();
  const here = all.findIndex((row) => row.tabIndex === 0);
  const focused = document.activeElement?.closest?.(".conv");
  const next = focused || !chat() ? here + (focused ? step : 0) : here + step;
  all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
}

export const focus = (which) => rows().at(which)?.focus();
