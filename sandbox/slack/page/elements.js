// Interactive elements: buttons, menus, choices and inputs. Each is built with a way to read what it holds.

import { make } from "./dom.js";
import { plain } from "./mrkdwn.js";
import { text } from "./texts.js";

let serial = 0;

export function freshId(prefix) {
  serial += 1;
  return `${prefix}-${serial}`;
}

// `context`: { people, channels, onAction(blockId, element, selection) }. `label` names the element for screen readers.
export function element(blockId, source, context, label) {
  const build = BUILDERS[source.type] ?? unknown;
  const built = build(blockId, source, context, label);
  built.dataset.key = `${blockId}/${source.action_id}`;
  return built;
}

// What all inputs below `root` hold, by "block_id/action_id".
export function inputsOf(root) {
  const held = {};
  for (const input of root.querySelectorAll("[data-input]")) held[input.dataset.key] = valueOf(input);
  return held;
}

export function restoreInputs(root, held) {
  for (const input of root.querySelectorAll("[data-input]")) {
    const value = held[input.dataset.key];
    if (value === undefined || value === null) continue;
    const values = Array.isArray(value) ? value : [value];
    if (input.matches("fieldset")) for (const box of input.querySelectorAll("input")) box.checked = values.includes(box.value);
    else if (input.matches("select")) for (const option of input.options) option.selected = values.includes(option.value);
    else input.value = values[0];
  }
}

function valueOf(input) {
  if (input.matches("fieldset")) {
    const chosen = [...input.querySelectorAll("input:checked")].map((box) => box.value);
    return input.dataset.input === "many" ? chosen : (chosen[0] ?? null);
  }
  if (input.matches("select[multiple]")) return [...input.selectedOptions].map((option) => option.value);
  return input.value || null;
}

function button(blockId, source, context) {
  const properties = {
    type: "button",
    class: source.style ? `element ${source.style}` : "element",
    "aria-label": source.accessibility_label,
    onclick: async (event) => {
      const pressed = event.currentTarget; // the event forgets it while a question is open
      if (source.url) window.open(source.url, "_blank", "noreferrer");
      if (source.confirm && !(await context.confirm(source.confirm))) return;
      context.onAction(blockId, source, null, pressed);
    },
  };
  return make("button", properties, plain(source.text.text));
}

function optionsOf(source, context) {
  if (source.options) return source.options.map((option) => [option.value, plain(option.text.text)]);
  if (source.option_groups) return source.option_groups.flatMap((group) => group.options.map((o) => [o.value, plain(o.text.text)]));
  if (source.type.includes("users_")) return context.people.map((person) => [person.id, person.real_name]);
  return context.channels.map((channel) => [channel.id, `#${channel.name}`]);
}

function menu(blockId, source, context, label) {
  const many = source.type.startsWith("multi_");
  const initial = new Set(
    [source.initial_option, ...(source.initial_options ?? [])].filter(Boolean).map((option) => option.value),
  );
  for (const [name, value] of Object.entries(source)) {
    if (/^initial_(user|channel|conversation)s?$/u.test(name)) [value].flat().forEach((id) => initial.add(id));
  }
  const placeholder = source.placeholder?.text ?? text("choose");
  const options = optionsOf(source, context).map(([value, shown]) =>
    make("option", { value, selected: initial.has(value) }, shown),
  );
  const select = make(
    "select",
    {
      multiple: many,
      "data-input": many ? "many" : "one",
      "aria-label": label ?? placeholder,
      onchange: (event) => {
        const value = valueOf(event.currentTarget);
        if (value !== null) context.onAction(blockId, source, value, event.currentTarget);
      },
    },
    many ? [] : make("option", { value: "", disabled: true, selected: initial.size === 0 }, placeholder),
    options,
  );
  return select;
}

function choices(blockId, source, context, label) {
  const many = source.type === "checkboxes";
  const initial = new Set([source.initial_option, ...(source.initial_options ?? [])].filter(Boolean).map((o) => o.value));
  const group = freshId("choice");
  const boxes = source.options.map((option) => {
    const id = freshId("option");
    const box = make("input", {
      type: many ? "checkbox" : "radio",
      id,
      name: group,
      value: option.value,
      checked: initial.has(option.value),
    });
    const description = option.description ? make("span", { class: "hint" }, plain(option.description.text)) : null;
    return make("div", { class: "choice" }, box, make("label", { for: id }, plain(option.text.text), " ", description));
  });
  return make(
    "fieldset",
    {
      "data-input": many ? "many" : "one",
      onchange: (event) => context.onAction(blockId, source, valueOf(event.currentTarget), event.currentTarget),
    },
    make("legend", { class: "visually-hidden" }, label ?? text("choose")),
    boxes,
  );
}

function overflow(blockId, source, context, label) {
  const built = menu(blockId, { ...source, placeholder: { text: "⋯" } }, context, label ?? text("choose"));
  built.classList.add("overflow");
  return built;
}

const INPUT_TYPES = {
  plain_text_input: "text",
  email_text_input: "email",
  url_text_input: "url",
  number_input: "number",
  datepicker: "date",
  timepicker: "time",
};

function input(blockId, source, context, label) {
  const multiline = source.multiline === true;
  const initial = source.initial_value ?? source.initial_date ?? source.initial_time ?? "";
  const built = make(multiline ? "textarea" : "input", {
    type: multiline ? undefined : INPUT_TYPES[source.type],
    rows: multiline ? 4 : undefined,
    maxlength: source.max_length,
    minlength: source.min_length,
    step: source.is_decimal_allowed ? "any" : undefined,
    placeholder: source.placeholder?.text,
    autofocus: source.focus_on_load,
    "aria-label": label,
    "data-input": "one",
    onchange: source.type.endsWith("picker")
      ? (event) => context.onAction(blockId, source, event.currentTarget.value, event.currentTarget)
      : undefined,
  });
  built.value = initial;
  return built;
}

function unknown(_blockId, source) {
  return make("span", { class: "hint" }, `[${source.type}]`);
}

const BUILDERS = {
  button,
  overflow,
  static_select: menu,
  multi_static_select: menu,
  users_select: menu,
  multi_users_select: menu,
  channels_select: menu,
  multi_channels_select: menu,
  conversations_select: menu,
  multi_conversations_select: menu,
  radio_buttons: choices,
  checkboxes: choices,
  plain_text_input: input,
  email_text_input: input,
  url_text_input: input,
  number_input: input,
  datepicker: input,
  timepicker: input,
};
