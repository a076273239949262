// Modals of the bot, and its questions before a click counts.

import { act, newest } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { byId, make } from "./dom.js";
import { inputsOf, restoreInputs } from "./elements.js";
import { plain } from "./mrkdwn.js";
import { state } from "./state.js";
import { text } from "./texts.js";

const readViews = newest("/views", () => ({ user: state.me }));
let contextOf = null;
let shown = null;
let notify = null;

export function setUpDialogs(viewContext, onNotice) {
  contextOf = viewContext;
  notify = onNotice;
  byId("modal").addEventListener("cancel", (event) => {
    event.preventDefault();
    dismiss();
  });
}

// Shows the top modal of the person, or none.
export async function refreshModals() {
  const views = await readViews();
  if (!views) return;
  const dialog = byId("modal");
  const top = views.modals.at(-1) ?? null;
  if (!top) {
    shown = null;
    if (dialog.open) dialog.close();
    return;
  }
  const held = shown?.id === top.id ? inputsOf(dialog) : {};
  if (dialog.open && shown?.id === top.id && shown.hash === top.hash) return;
  shown = top;
  dialog.replaceChildren(form(top));
  restoreInputs(dialog, held);
  if (!dialog.open) dialog.showModal();
  if (!dialog.querySelector("[data-input]")) byId("modal-title").focus(); // its buttons are below all there is to read
}

// What is open is closed unanswered: it is somebody else's.
export function closeDialogs() {
  shown = null;
  for (const id of ["modal", "confirm"]) byId(id).close();
}

export function confirmation(question) {
  const dialog = byId("confirm");
  return new Promise((resolve) => {
    const answer = (value) => () => {
      dialog.close();
      resolve(value);
    };
    dialog.replaceChildren(
      make("h2", { id: "confirm-title" }, plain(question.title?.text ?? text("confirm"))),
      make("p", {}, plain(question.text?.text ?? "")),
      make(
        "footer",
        {},
        make("button", { type: "button", class: "quiet", onclick: answer(false) }, plain(question.deny?.text ?? text("no"))),
        make("button", { type: "button", class: question.style ?? "primary", onclick: answer(true) }, plain(question.confirm?.text ?? text("yes"))),
      ),
    );
    dialog.onclose = () => resolve(false);
    dialog.showModal();
  });
}

function form(view) {
  const submit = view.submit
    ? make("button", { type: "submit", class: "primary" }, plain(view.submit.text))
    : null;
  return make(
    "form",
    { novalidate: true, onsubmit: send },
    make("h2", { id: "modal-title", tabindex: "-1" }, plain(view.title.text)),
    make("div", { class: "blocks" }, renderBlocks(view.blocks, contextOf(view))),
    make("p", { class: "error", role: "alert", id: "modal-error" }),
    make(
      "footer",
      {},
      make("button", { type: "button", class: "quiet", onclick: dismiss }, plain(view.close?.text ?? text("close"))),
      submit,
    ),
  );
}

async function send(event) {
  event.preventDefault();
  const dialog = byId("modal");
  const button = dialog.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    const reply = await act("/submit", { user: state.me, view_id: shown.id, inputs: inputsOf(dialog) });
    showErrors(dialog, reply.errors ?? {});
    if (reply.outcome === "failed") byId("modal-error").textContent = notify.words(reply);
    else if (!reply.errors) await refreshModals();
  } catch {
    await refreshModals();
  } finally {
    button.disabled = false;
  }
}

function showErrors(dialog, errors) {
  let first = null;
  for (const block of dialog.querySelectorAll(".input")) {
    const error = errors[block.dataset.block];
    block.querySelector(".error").textContent = error === "required" ? text("required") : (error ?? "");
    const input = block.querySelector("[data-input]");
    input.setAttribute("aria-invalid", String(Boolean(error)));
    if (error) first ??= input;
  }
  first?.focus();
}

async function dismiss() {
  const view = shown;
  if (view) await act("/close", { user: state.me, view_id: view.id }).catch(() => {});
  await refreshModals();
}
