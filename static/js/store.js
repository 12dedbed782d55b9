// What this browser keeps for this agent: drafts, messages on their way, habits. Another agent who
// logs in at the same computer sees none of it.
const prefix = `painel:${document.body.dataset.agent}:`;

export function get(name, fallback = null) {
  try {
    return JSON.parse(localStorage.getItem(prefix + name)) ?? fallback;
  } catch {
    return fallback;
  }
}

// Without storage (full, or forbidden) the page still works; it only forgets when it is closed.
export function set(name, value) {
  try {
    if (value === null || value === "") localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch (error) {
    console.warn("painel: sem lugar para guardar", name, error.name);
  }
}

export const names = (start) => Object.keys(localStorage)
  .filter((key) => key.startsWith(prefix + start)).map((key) => key.slice(prefix.length));
