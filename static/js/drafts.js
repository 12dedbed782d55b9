// What was begun to be written in each conversation.
import * as store from "./store.js";

export const get = (conversation) => store.get(`rascunho:${conversation}`, "");
export const set = (conversation, text) => store.set(`rascunho:${conversation}`, text);
