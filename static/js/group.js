// Whether a bubble opens a group: another sender than the bubble above, another day, or a pause of
// five minutes. The same as `opens_group` in atendimento/panes.py; a test compares the two.
const GAP = 300;

// Each is { from, day, at }: who speaks, which day, and when in unix seconds, exact to the
// microsecond; `earlier` is null where nothing stands above.
export function opensGroup(bubble, earlier) {
  if (!earlier || bubble.day !== earlier.day || bubble.from !== earlier.from) return true;
  return Math.round((bubble.at - earlier.at) * 1e6) >= GAP * 1e6;
}
