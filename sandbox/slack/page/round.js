// The round that is open: a button that closes it, and a line that leads to the result when it is there. Between two
// rounds the same button moves time to the next one, once a champion has approved it.

import { act, newest, read } from "./api.js";
import { byId, make } from "./dom.js";
import { currentLanguage, text } from "./texts.js";

const PAST_CLOSING = 60_000;
const BEFORE_CLOSING = 3_600_000;
const PAST_OPENING = 4 * 3_600_000; // by then it is past the sending hour in every time zone of the people
const LOOK_EVERY = 500;
const LOOK_FOR = 90_000;
const readRound = newest("/round");
let round = null;
let company = null;
let busy = null; // what is going on: { state, title }
let changed = null;
let becomeChampion = null;

// `onClock(moment)` is told the new campaign time; `onChampion()` lets the visitor be a champion.
export function setUpRound(onClock, onChampion) {
  changed = onClock;
  becomeChampion = onChampion;
  byId("close-round").addEventListener("click", () => (isOpen() ? closeRound() : nextRound()));
  return refreshRound();
}

export async function refreshRound() {
  const answer = await readRound().catch(() => null);
  if (!answer) return;
  round = answer.round;
  company = answer.company;
  byId("close-round").hidden = !answer.connected;
  byId("results-link").hidden = !answer.connected;
  byId("leader").hidden = !answer.connected;
  showRound();
}

export function showRound() {
  const button = byId("close-round");
  const coming = company?.next;
  button.textContent = text(isOpen() || !company ? "closeRound" : "nextRound");
  button.disabled = Boolean(busy) || !(isOpen() || coming?.approved);
  button.title = isOpen() ? text("closeRoundHint", titleOf(round)) : coming?.approved ? text("nextRoundHint", titleOf(coming)) : text("noRoundOpen");
  for (const link of document.querySelectorAll("[data-results]")) link.href = `/results?language=${currentLanguage()}`;
  showLine();
}

function isOpen() {
  return round?.status === "open";
}

function titleOf(wave) {
  return wave.title[currentLanguage()];
}

function showLine() {
  const parts = [];
  if (busy) parts.push(text(busy.state, busy.title[currentLanguage()]));
  else if (round?.status === "released") {
    const results = make("a", { href: `/results?language=${currentLanguage()}` }, text("seeResults"));
    parts.push(`${text("roundReleased", titleOf(round))} `, results, ...comingWords());
  }
  const line = byId("round-line");
  const fresh = make("p", {}, parts);
  if (line.innerHTML === fresh.innerHTML) return; // it is read aloud when it changes, and only then
  line.hidden = parts.length === 0;
  line.replaceChildren(...fresh.childNodes);
}

function comingWords() {
  if (!company) return [];
  const coming = company.next;
  if (!coming) return [` ${text("lastRound")}`];
  if (coming.approved) return [` ${text("roundComes", titleOf(coming), dayOf(coming.opens_at))}`];
  const button = make("button", { type: "button", class: "quiet", onclick: () => becomeChampion() }, text("beChampion"));
  return [` ${text("roundWaits", titleOf(coming))} `, button];
}

function dayOf(moment) {
  const locale = currentLanguage() === "nl" ? "nl-NL" : "en-GB";
  return new Intl.DateTimeFormat(locale, { timeZone: "Europe/Amsterdam", weekday: "long", day: "numeric", month: "long" }).format(new Date(moment));
}

async function moveTo(milliseconds) {
  const moved = await act("/clock", { now: new Date(milliseconds).toISOString() }).catch(() => read("/clock"));
  changed(moved.now);
}

// Looks again and again until `reached()`; false when it takes too long.
async function until(reached) {
  const giveUp = Date.now() + LOOK_FOR;
  while (!reached()) {
    if (Date.now() > giveUp) return false;
    await new Promise((done) => setTimeout(done, LOOK_EVERY));
    await refreshRound();
  }
  return true;
}

async function closeRound() {
  const wave = round;
  const closes = new Date(wave.closes_at).getTime();
  if (company) {
    // The colleagues whose day has not come yet answer first, as in the days that are passed over.
    busy = { state: "roundAnswers", title: wave.title };
    showRound();
    const eve = closes - BEFORE_CLOSING;
    await moveTo(eve);
    await until(() => new Date(company.answered_until).getTime() >= eve);
  }
  busy = { state: "roundCloses", title: wave.title };
  showRound();
  await moveTo(closes + PAST_CLOSING);
  const released = await until(() => round?.wave !== wave.wave || round.status === "released");
  busy = released ? null : { state: "roundLate", title: wave.title };
  showRound();
  if (!released) busy = null;
}

async function nextRound() {
  const coming = company.next;
  busy = { state: "roundOpens", title: coming.title };
  showRound();
  await moveTo(new Date(coming.opens_at).getTime() + PAST_OPENING);
  await until(isOpen);
  busy = null;
  showRound();
}
