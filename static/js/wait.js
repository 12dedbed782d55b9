// How long somebody has waited, in words: `agora`, `4 min`, `1 h`, `1 h 20 min`. The same as `waited`
// in atendimento/templatetags/desk.py; a test compares the two.
export function waited(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return "agora";
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ""}`;
}
