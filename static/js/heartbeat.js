// Whether the socket still says anything. The server beats every ten seconds; a socket that claims to
// be open and is silent for longer leads nowhere (a network that went, a computer that slept).
// Until the first beat was seen on a socket nothing is judged: an older server has none.
const SILENCE = 35000;
let heardAt = 0;
let beats = false;

export const begin = () => { beats = false; };
export const heard = () => { heardAt = Date.now(); };
export const beat = () => { beats = true; };
export const silent = () => beats && Date.now() - heardAt > SILENCE;
