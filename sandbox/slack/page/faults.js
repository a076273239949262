// Faults on request: what Slack does on a bad day, for the next requests.

import { act, forget, read } from "./api.js";
import { byId, make } from "./dom.js";
import { text } from "./texts.js";

const FAULTS = {
  tooMany: { direction: "from_bot", kind: "ratelimited", times: 3, seconds: 3 },
  serverError: { direction: "from_bot", kind: "server_error", times: 3, status: 503 },
  doneAndFailed: { direction: "from_bot", kind: "fatal_error", what: "chat.*" },
  revoked: { direction: "from_bot", kind: "token_revoked", times: 0 },
  slowViews: { direction: "from_bot", kind: "delay", what: "views.*", seconds: 4 },
  clickTwice: { direction: "to_bot", kind: "duplicate", what: "block_actions" },
  clickLate: { direction: "to_bot", kind: "delay", what: "block_actions", seconds: 4 },
  clickLost: { direction: "to_bot", kind: "lost", what: "block_actions" },
  eventAgain: { direction: "to_bot", kind: "retry" },
};
let waiting = [];

export async function setUpFaults() {
  byId("faults").addEventListener("submit", async (event) => {
    event.preventDefault();
    showFaults((await act("/faults", FAULTS[byId("fault").value])).faults);
  });
  byId("faults-clear").addEventListener("click", async () => showFaults((await forget("/faults")).faults));
  showFaultTexts();
  showFaults((await read("/faults")).faults);
}

export function showFaultTexts() {
  const select = byId("fault");
  const chosen = select.value || "tooMany";
  select.replaceChildren(
    ...Object.keys(FAULTS).map((name) => make("option", { value: name, selected: name === chosen }, text("faults")[name])),
  );
  showFaults(waiting);
}

export function showFaults(faults) {
  waiting = faults;
  byId("faults-clear").disabled = faults.length === 0;
  byId("faults-waiting").textContent = faults.length ? text("faultsWaiting", faults.length) : "";
}
