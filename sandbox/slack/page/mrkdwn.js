// Slack's mrkdwn as elements: bold, italic, strike, code, links, mentions, emoji, quotes and lists.

import { make } from "./dom.js";
import { emoji } from "./emoji.js";

const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<angle>[^<>\\n]+)>",
    "(?<![\\w*])\\*(?<bold>[^*\\n]+)\\*(?![\\w*])",
    "(?<![\\w_])_(?<italic>[^_\\n]+)_(?![\\w_])",
    "(?<![\\w~])~(?<strike>[^~\\n]+)~(?![\\w~])",
    ":(?<emoji>[a-z0-9_+'-]+(?:::skin-tone-[2-6])?):",
  ].join("|"),
  "u",
);
const BULLET = /^\s*[•◦-]\s+/u;
const QUOTE = /^(?:&gt;|>)\s?/u;
const NUMBER = /^\s*\d+[.)]\s+/u;

// `names` turns an id into a name: { user: (id) => …, channel: (id) => … }.
export function mrkdwn(source, names) {
  const nodes = [];
  source.split("```").forEach((part, index) => {
    if (index % 2) nodes.push(make("pre", {}, make("code", {}, unescape(part.replace(/^\n|\n$/gu, "")))));
    else nodes.push(...lines(part, names));
  });
  return nodes;
}

export function plain(source) {
  return source.replace(/:([a-z0-9_+'-]+):/gu, (_, name) => emoji(name));
}

function lines(source, names) {
  const nodes = [];
  let list = null;
  let quote = null;
  source.split("\n").forEach((line, index, all) => {
    const kind = BULLET.test(line) ? "ul" : NUMBER.test(line) ? "ol" : null;
    if (kind) {
      if (list?.tagName.toLowerCase() !== kind) nodes.push((list = make(kind)));
      list.append(make("li", {}, inline(line.replace(kind === "ul" ? BULLET : NUMBER, ""), names)));
      quote = null;
      return;
    }
    const afterList = list !== null;
    list = null;
    if (QUOTE.test(line)) {
      if (quote) quote.append(make("br"));
      else nodes.push((quote = make("blockquote")));
      quote.append(...inline(line.replace(QUOTE, ""), names));
      return;
    }
    quote = null;
    nodes.push(...inline(line, names));
    const next = all[index + 1];
    const nextIsBlock = next !== undefined && (BULLET.test(next) || NUMBER.test(next));
    if (next !== undefined && !nextIsBlock && !(afterList && line === "")) nodes.push(make("br"));
  });
  return nodes;
}

function inline(source, names) {
  const nodes = [];
  let rest = source;
  for (let found = INLINE.exec(rest); found; found = INLINE.exec(rest)) {
    if (found.index) nodes.push(unescape(rest.slice(0, found.index)));
    nodes.push(styled(found.groups, names));
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest) nodes.push(unescape(rest));
  return nodes;
}

function styled(groups, names) {
  if (groups.code) return make("code", {}, unescape(groups.code));
  if (groups.bold) return make("strong", {}, inline(groups.bold, names));
  if (groups.italic) return make("em", {}, inline(groups.italic, names));
  if (groups.strike) return make("s", {}, inline(groups.strike, names));
  if (groups.emoji) return emoji(groups.emoji);
  return angle(groups.angle, names);
}

function angle(content, names) {
  const [target, label] = content.split(/\|(.*)/su);
  if (target.startsWith("@")) return make("span", { class: "mention" }, `@${label ?? names.user(target.slice(1))}`);
  if (target.startsWith("#")) return make("span", { class: "mention" }, `#${label ?? names.channel(target.slice(1))}`);
  if (target.startsWith("!date^")) return unescape(label ?? target);
  if (target.startsWith("!")) return make("span", { class: "mention" }, `@${label ?? target.slice(1)}`);
  if (!/^(https?:|mailto:)/u.test(target)) return unescape(`<${content}>`);
  return make("a", { href: unescape(target), target: "_blank", rel: "noreferrer" }, unescape(label ?? target));
}

function unescape(source) {
  return source.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
