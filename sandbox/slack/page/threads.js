// The thread below a message: how many replies, the replies themselves, and a line to write one.

import { make } from "./dom.js";
import { state } from "./state.js";
import { text } from "./texts.js";

const open = new Set();
const drafts = new Map();

export function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts;
}

// The timestamp of the message that stands in the list itself: the first of the thread, or the message.
export function rootOf(message) {
  return isReply(message) ? message.thread_ts : message.ts;
}

function repliesTo(message) {
  return [...state.messages.values()]
    .filter((other) => isReply(other) && other.thread_ts === message.ts && !other.deleted)
    .sort((a, b) => (a.ts < b.ts ? -1 : 1));
}

// `draw(reply)` makes the element of a reply; `send(message, words)` sends one and is true when it has arrived.
export function thread(message, draw, send) {
  const key = `${state.me}/${message.channel}/${message.ts}`; // whose draft it is
  const replies = repliesTo(message);
  const input = make("input", { class: "reply-words", maxlength: "4000", autocomplete: "off", "aria-label": text("replyHint"), placeholder: text("replyHint") });
  input.value = drafts.get(key) ?? "";
  input.addEventListener("input", () => drafts.set(key, input.value));
  const form = make("form", { class: "reply" }, input, make("button", { type: "submit", class: "quiet" }, text("send")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = input.value.trim();
    if (!words) return;
    drafts.delete(key);
    input.value = "";
    if (!(await send(message, words))) {
      drafts.set(key, words);
      input.value = words;
    }
  });
  const details = make(
    "details",
    { class: replies.length ? "thread" : "thread none", open: open.has(key) },
    make("summary", {}, replies.length ? text("replies", replies.length) : text("reply")),
    replies.map(draw),
    form,
  );
  details.addEventListener("toggle", () => (details.open ? open.add(key) : open.delete(key)));
  return details;
}
