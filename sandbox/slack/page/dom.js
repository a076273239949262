// Building elements without markup strings: text can never become markup.

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

const drawn = new WeakMap(); // an element of a list -> its markup as it was made: the stop of the Tab key moves later

// Draws a list anew. What is in it unchanged stays the same element: a press that has begun on it counts.
export function renew(list, entries) {
  const before = [...list.children];
  entries.forEach((entry, place) => {
    const markup = entry.outerHTML;
    drawn.set(entry, markup);
    if (place >= before.length) list.append(entry);
    else if (drawn.get(before[place]) !== markup) before[place].replaceWith(entry);
  });
  before.slice(entries.length).forEach((entry) => entry.remove());
}

// Arrow keys, Home and End move between the buttons of a list; the list itself is one stop of the Tab key.
export function roving(list) {
  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("button")];
    const here = buttons.indexOf(document.activeElement);
    const target = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (target === undefined || here < 0 || !buttons[target]) return;
    event.preventDefault();
    buttons[target].focus();
  });
  list.addEventListener("focusin", (event) => {
    const button = event.target.closest("button");
    if (button) setStop(list, button);
  });
}

export function setStop(list, button) {
  for (const other of list.querySelectorAll("button")) other.tabIndex = other === button ? 0 : -1;
}
