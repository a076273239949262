// The messages of one conversation, by day of campaign time.

import { renderBlocks } from "./blocks.js";
import { byId, make, renew } from "./dom.js";
import { inputsOf, restoreInputs } from "./elements.js";
import { REACTIONS, emoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";
import { hue, initials } from "./people.js";
import { names, state } from "./state.js";
import { currentLanguage, text } from "./texts.js";
import { isReply, rootOf, thread } from "./threads.js";

// `context(message)` gives what blocks need; `react(message, name, remove)` is called for a reaction, `reply(message,
// words)` for an answer in the thread below a message.
let contextOf = null;
let react = null;
let reply = null;

export function setUpMessages(context, onReact, onReply) {
  contextOf = context;
  react = onReact;
  reply = onReply;
}

export function showMessages() {
  const log = byId("messages");
  const ordered = [...state.messages.values()].filter((message) => !message.deleted && !isReply(message)).sort((a, b) => (a.ts < b.ts ? -1 : 1));
  const nodes = [];
  let day = "";
  for (const message of ordered) {
    const itsDay = dayOf(message);
    if (itsDay && itsDay !== day) {
      day = itsDay;
      nodes.push(make("h3", { class: "day" }, make("span", {}, day)));
    }
    nodes.push(article(message));
  }
  renew(log, nodes.length ? nodes : [make("p", { class: "empty" }, text("noMessages"))]);
  log.scrollTop = log.scrollHeight;
}

// Puts changed messages into the open list; focus and typed words survive.
export function updateMessages(changed) {
  const log = byId("messages");
  const roots = [...new Set(changed.map(rootOf))].map((ts) => state.messages.get(ts));
  const inPlace = roots.every((message) => message && !message.deleted && log.querySelector(selector(message)));
  if (!inPlace) {
    showMessages();
    return;
  }
  for (const message of roots) {
    const old = log.querySelector(selector(message));
    const fresh = article(message);
    const hadFocus = old.contains(document.activeElement);
    const writing = document.activeElement.matches(".reply-words");
    restoreInputs(fresh, inputsOf(old));
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    old.replaceWith(fresh);
    if (hadFocus) (writing ? fresh.querySelector(".reply-words") : fresh).focus({ preventScroll: true });
    if (atEnd) log.scrollTop = log.scrollHeight;
  }
}

export function articleOf(message) {
  return byId("messages").querySelector(selector(message));
}

function selector(message) {
  return `article[data-ts="${CSS.escape(message.ts)}"]`;
}

function article(message) {
  const author = names.user(message.user);
  const own = message.user === state.me;
  const time = timeOf(message);
  const body = message.blocks?.length
    ? renderBlocks(message.blocks, contextOf(message))
    : make("div", { class: "section" }, make("div", { class: "words" }, mrkdwn(message.text, names)));
  const head = make(
    "header",
    {},
    make("span", { class: "name" }, author),
    message.bot_id || message.ephemeral ? make("span", { class: "tag" }, text("app")) : null,
    time ? make("time", {}, time) : null,
    message.edited ? make("span", { class: "hint" }, text("edited")) : null,
  );
  return make(
    "article",
    {
      "data-ts": message.ts,
      tabindex: "-1",
      class: [message.ephemeral ? "ephemeral" : "", own ? "own" : ""].join(" ").trim() || undefined,
      "aria-label": [author, time].filter(Boolean).join(", "),
    },
    make("span", { class: `avatar ${message.user === state.app.user_id ? "app" : hue(message.user)}`, "aria-hidden": "true" }, initials(author)),
    make(
      "div",
      { class: "bubble" },
      head,
      message.ephemeral ? make("p", { class: "only-you" }, text("onlyYou")) : null,
      make("div", { class: "blocks" }, body),
      message.ephemeral ? null : make("div", { class: "foot" }, reactions(message), isReply(message) ? null : thread(message, article, reply)),
    ),
  );
}

function reactions(message) {
  const given = message.reactions ?? [];
  const shown = given.map((reaction) => {
    const mine = reaction.users.includes(state.me);
    return make(
      "button",
      {
        type: "button",
        class: "reaction",
        "aria-pressed": String(mine),
        "aria-label": text("reaction", spokenOf(reaction.name), reaction.count),
        onclick: () => react(message, reaction.name, mine),
      },
      `${emoji(reaction.name)} ${reaction.count}`,
    );
  });
  const unused = REACTIONS.filter((name) => !given.some((reaction) => reaction.name === name));
  const adding = make(
    "details",
    { class: "add-reaction" },
    make("summary", { "aria-label": text("addReaction"), title: text("addReaction") }, "☺+"),
    make(
      "div",
      { role: "group", "aria-label": text("addReaction") },
      unused.map((name) =>
        make("button", { type: "button", class: "reaction", "aria-label": spokenOf(name), title: spokenOf(name), onclick: () => react(message, name, false) }, emoji(name)),
      ),
    ),
  );
  return make("div", { class: "reactions" }, shown, adding);
}

function spokenOf(reaction) {
  return text("reactionNames")[reaction] ?? reaction.replaceAll("_", " ");
}

function momentOf(message) {
  return message.campaign_at ? new Date(message.campaign_at) : null;
}

function dayOf(message) {
  const moment = momentOf(message);
  return moment ? format(moment, { weekday: "long", day: "numeric", month: "long" }) : "";
}

function timeOf(message) {
  const moment = momentOf(message);
  return moment ? format(moment, { hour: "2-digit", minute: "2-digit" }) : "";
}

function format(moment, options) {
  const zone = state.personById.get(state.me)?.tz;
  return new Intl.DateTimeFormat(currentLanguage() === "nl" ? "nl-NL" : "en-GB", { ...options, timeZone: zone }).format(moment);
}
