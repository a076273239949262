// The folded table of requests between workspace and bot: names, verdicts and shapes, never contents.

import { read } from "./api.js";
import { byId, make } from "./dom.js";
import { names } from "./state.js";
import { text } from "./texts.js";

const ROWS = 100;
let latest = [];
let total = 0;
let refused = 0;
const opened = new Set();

export async function setUpInspector() {
  byId("inspector").addEventListener("toggle", showRequests);
  latest = [];
  total = 0;
  refused = 0;
  addRequests((await read("/requests")).requests);
}

export function addRequests(requests) {
  total += requests.length;
  refused += requests.filter((request) => !succeeded(request)).length;
  latest = [...latest, ...requests].slice(-ROWS);
  showRequests();
}

export function showRequests() {
  byId("traffic-count").textContent = total ? text("trafficCount", total, refused) : "";
  if (!byId("inspector").open) return;
  byId("requests").replaceChildren(...latest.toReversed().map(row));
}

function row(request) {
  const cells = [
    make("td", {}, request.at.slice(11, 23)),
    make("td", {}, text(request.direction)),
    make("td", {}, make("code", {}, request.what)),
    make("td", {}, request.who ? names.user(request.who) : ""),
    make("td", { class: succeeded(request) ? "good" : "bad" }, `${succeeded(request) ? "✓" : "✗"} ${request.verdict}`),
    make("td", { class: "number" }, request.milliseconds.toFixed(1)),
    make("td", {}, request.shape ? shape(request) : ""),
  ];
  return make("tr", {}, cells);
}

// Open shapes stay open when new requests come in.
function shape(request) {
  const details = make(
    "details",
    {
      open: opened.has(request.number),
      ontoggle: (event) => (event.currentTarget.open ? opened.add(request.number) : opened.delete(request.number)),
    },
    make("summary", {}, text("shapeShow")),
    make("pre", {}, request.shape),
  );
  return details;
}

function succeeded(request) {
  return request.verdict === "ok" || /^2\d\d$/u.test(request.verdict);
}
