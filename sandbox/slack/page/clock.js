// Campaign time: shown ticking, and moved forward by buttons.

import { act, read } from "./api.js";
import { byId } from "./dom.js";
import { currentLanguage } from "./texts.js";

const ZONE = "Europe/Amsterdam";
const HOUR = 3600;
const DAY = 24 * HOUR;
const MORNING = 10 * HOUR + 60;
let ahead = 0;

export async function setUpClock() {
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        const step = { hour: HOUR, day: untilNextMorning(), week: 7 * DAY }[button.dataset.advance];
        setNow((await act("/clock", { advance_seconds: step })).now);
      } finally {
        button.disabled = false;
      }
    });
  }
  setInterval(showNow, 1000);
  setNow((await read("/clock")).now);
}

export function setNow(moment) {
  ahead = new Date(moment).getTime() - Date.now();
  showNow();
}

export function showNow() {
  const now = new Date(Date.now() + ahead);
  const time = byId("clock-now");
  time.dateTime = now.toISOString();
  time.textContent = new Intl.DateTimeFormat(currentLanguage() === "nl" ? "nl-NL" : "en-GB", {
    timeZone: ZONE, weekday: "short", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit",
  }).format(now);
}

// Seconds until just after ten tomorrow morning, when a new day's messages go out; an hour more or fewer where the clocks
// change on the way.
function untilNextMorning() {
  const now = Date.now() + ahead;
  const step = DAY - secondOfDay(now) + MORNING;
  return step + MORNING - secondOfDay(now + step * 1000);
}

function secondOfDay(moment) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: ZONE, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  }).formatToParts(moment);
  const part = (name) => Number(parts.find((each) => each.type === name).value);
  return part("hour") * HOUR + part("minute") * 60 + part("second");
}
