// Block Kit as elements. One function for each type of block.

import { make } from "./dom.js";
import { element, freshId } from "./elements.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { text } from "./texts.js";

// `context`: { names, people, channels, onAction, confirm }; see elements.js.
export function renderBlocks(blocks, context) {
  return blocks.map((block) => (BUILDERS[block.type] ?? unknown)(block, context));
}

function textNodes(object, context) {
  return object.type === "mrkdwn" ? mrkdwn(object.text, context.names) : withBreaks(plain(object.text));
}

function withBreaks(shown) {
  return shown.split("\n").flatMap((line, index) => (index ? [make("br"), line] : [line]));
}

function section(block, context) {
  const label = block.text ? block.text.text.replace(/[*_~`]/gu, "").slice(0, 80) : undefined;
  const accessory = block.accessory
    ? block.accessory.type === "image"
      ? picture(block.accessory, "thumbnail")
      : element(block.block_id, block.accessory, context, block.accessory.type === "button" ? undefined : label)
    : null;
  const fields = block.fields
    ? make("div", { class: "fields" }, block.fields.map((field) => make("div", {}, textNodes(field, context))))
    : null;
  const words = block.text ? make("div", { class: "words" }, textNodes(block.text, context)) : null;
  return make("div", { class: "section" }, make("div", {}, words, fields), accessory ? make("div", { class: "accessory" }, accessory) : null);
}

function header(block) {
  return make("h3", { class: "block-header" }, plain(block.text.text));
}

function divider() {
  return make("hr");
}

function contextBlock(block, context) {
  const parts = block.elements.map((part) =>
    part.type === "image" ? picture(part, "tiny") : make("span", {}, textNodes(part, context)),
  );
  return make("div", { class: "context" }, parts);
}

function actions(block, context) {
  return make("div", { class: "actions", role: "group" }, block.elements.map((part) => element(block.block_id, part, context)));
}

function image(block) {
  const caption = block.title ? make("figcaption", {}, plain(block.title.text)) : null;
  return make("figure", {}, caption, picture(block, "large"));
}

function picture(source, size) {
  return make("img", { src: source.image_url ?? `/files/${source.slack_file.id}`, alt: source.alt_text, class: size, loading: "lazy", referrerpolicy: "no-referrer" });
}

function input(block, context) {
  const built = element(block.block_id, block.element, { ...context, onAction: block.dispatch_action ? context.onAction : () => {} });
  const id = freshId("input");
  const hint = block.hint ? make("p", { class: "hint", id: `${id}-hint` }, plain(block.hint.text)) : null;
  const error = make("p", { class: "error", id: `${id}-error`, role: "alert" });
  const label = plain(block.label.text) + (block.optional ? ` (${text("optional")})` : "");
  built.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
  if (!block.optional) built.setAttribute(built.matches("fieldset") ? "data-required" : "aria-required", "true");
  let name;
  if (built.matches("fieldset")) {
    name = built.querySelector("legend");
    name.className = "label";
    name.textContent = label;
    name = null;
  } else {
    built.id = id;
    built.removeAttribute("aria-label");
    name = make("label", { class: "label", for: id }, label);
  }
  return make("div", { class: "input", "data-block": block.block_id }, name, hint, built, error);
}

function richText(block) {
  const words = [];
  const walk = (part) => (part.text ? words.push(part.text) : (part.elements ?? []).forEach(walk));
  block.elements.forEach(walk);
  return make("div", { class: "section" }, withBreaks(words.join("")));
}

function markdown(block, context) {
  return make("div", { class: "section" }, mrkdwn(block.text.replace(/\*\*(.+?)\*\*/gu, "*$1*"), context.names));
}

function unknown(block) {
  return make("p", { class: "hint" }, `[${block.type}]`);
}

const BUILDERS = {
  section,
  header,
  divider,
  context: contextBlock,
  actions,
  image,
  input,
  rich_text: richText,
  markdown,
};
