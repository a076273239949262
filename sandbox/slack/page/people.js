// The list of colleagues to be, with search and unread marks.

import { byId, make, renew, roving, setStop } from "./dom.js";
import { state } from "./state.js";
import { text } from "./texts.js";

const SHOWN = 150;

export function setUpPeople(choose) {
  const list = byId("people");
  roving(list);
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(button.dataset.id);
  });
  const search = byId("search");
  search.addEventListener("input", showPeople);
  search.addEventListener("keydown", (event) => {
    const first = list.querySelector("button");
    if (!first) return;
    if (event.key === "Enter") choose(first.dataset.id);
    if (event.key === "ArrowDown") {
      event.preventDefault();
      first.focus();
    }
  });
}

export function showPeople() {
  const wanted = folded(byId("search").value).split(/\s+/u);
  const able = state.people.filter((person) => person.kind === "person" || person.kind === "guest");
  const found = able.filter((person) => wanted.every((word) => folded(searchable(person)).includes(word)));
  const list = byId("people");
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  renew(list, found.slice(0, SHOWN).map(entry));
  const current = [...list.querySelectorAll("button")].find((button) => button.dataset.id === (focused ?? state.me));
  const stop = current ?? list.querySelector("button");
  if (stop) setStop(list, stop);
  if (focused && current) current.focus();
  const more = found.length > SHOWN ? text("morePeople", found.length - SHOWN) : "";
  byId("people-more").textContent = found.length ? more : text("nobodyFound");
}

export function initials(name) {
  const words = name.split(/\s+/u).filter((word) => /^\p{Lu}/u.test(word));
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => (word ?? "").slice(0, 1)).join("");
}

// A calm colour from the id, always the same for one person.
export function hue(id) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.codePointAt(0)) % 12;
  return `hue-${sum}`;
}

function entry(person) {
  const kind = person.kind === "guest" ? text("guest") : "";
  const about = [person.title, ...person.groups, kind].filter(Boolean).join(" · ");
  const unread = person.unread
    ? make("span", { class: "badge" }, String(person.unread), make("span", { class: "visually-hidden" }, ` ${text("unread", "").trim()}`))
    : null;
  return make(
    "li",
    {},
    make(
      "button",
      { type: "button", "data-id": person.id, "aria-current": person.id === state.me ? "true" : undefined },
      make("span", { class: `avatar ${hue(person.id)}`, "aria-hidden": "true" }, initials(person.real_name)),
      make("span", { class: "who" }, make("span", { class: "name" }, person.real_name), make("span", { class: "hint" }, about)),
      unread,
    ),
  );
}

function searchable(person) {
  return [person.real_name, person.name, person.title, ...person.groups, person.id].join(" ");
}

function folded(words) {
  return words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
}
