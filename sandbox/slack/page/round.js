// The round that is open: a button that closes it, and a line that leads to the result when it is there.

import { act, newest, read } from "./api.js";
import { byId, make } from "./dom.js";
import { currentLanguage, text } from "./texts.js";

const PAST_CLOSING = 60_000;
const LOOK_EVERY = 1000;
const LOOK_FOR = 90_000;
const readRound = newest("/round");
let round = null;
let closing = null;
let changed = null;

// `onClock(moment)` is told the new campaign time.
export function setUpRound(onClock) {
  changed = onClock;
  byId("close-round").addEventListener("click", closeRound);
  return refreshRound();
}

export async function refreshRound() {
  const answer = await readRound().catch(() => null);
  if (!answer) return;
  round = answer.round;
  byId("close-round").hidden = !answer.connected;
  byId("results-link").hidden = !answer.connected;
  byId("leader").hidden = !answer.connected;
  showRound();
}

export function showRound() {
  const open = round?.status === "open";
  const button = byId("close-round");
  button.disabled = !open || Boolean(closing);
  button.title = open ? text("closeRoundHint", titleOf(round)) : text("noRoundOpen");
  for (const link of document.querySelectorAll("[data-results]")) link.href = `/results?language=${currentLanguage()}`;
  showLine();
}

function titleOf(wave) {
  return wave.title[currentLanguage()];
}

function showLine() {
  const line = byId("round-line");
  if (!closing) return;
  const words = { closing: text("roundCloses"), late: text("roundLate") }[closing.state] ?? text("roundReleased", closing.title[currentLanguage()]);
  line.hidden = false;
  line.replaceChildren(words);
  if (closing.state === "released") {
    line.append(" ", make("a", { href: `/results?language=${currentLanguage()}` }, text("seeResults")));
    closing = null;
  }
}

async function closeRound() {
  const wave = round;
  closing = { state: "closing", title: wave.title };
  showRound();
  const past = new Date(new Date(wave.closes_at).getTime() + PAST_CLOSING).toISOString();
  const moved = await act("/clock", { now: past }).catch(() => read("/clock"));
  changed(moved.now);
  const until = Date.now() + LOOK_FOR;
  while (closing?.state === "closing") {
    await new Promise((done) => setTimeout(done, LOOK_EVERY));
    await refreshRound();
    if (!closing) return;
    if (round?.wave !== wave.wave || round.status === "released") closing.state = "released";
    else if (Date.now() > until) closing.state = "late";
    showRound();
  }
  closing = null;
}
