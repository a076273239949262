// The page: who the visitor is, where they are, and what happens when they do something.

import { ActError, act, newest, read } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { setNow, setUpClock, showNow } from "./clock.js";
import { closeDialogs, confirmation, refreshModals, setUpDialogs } from "./dialogs.js";
import { byId, make, renew, roving, setStop } from "./dom.js";
import { inputsOf, restoreInputs } from "./elements.js";
import { setUpFaults, showFaults, showFaultTexts } from "./faults.js";
import { addRequests, setUpInspector, showRequests } from "./inspector.js";
import { articleOf, setUpMessages, showMessages, updateMessages } from "./messages.js";
import { setUpPeople, showPeople } from "./people.js";
import { refreshRound, setUpRound, showRound } from "./round.js";
import { names, state } from "./state.js";
import { applyTexts, currentLanguage, switchLanguage, text } from "./texts.js";

const readPlaces = newest("/conversations", () => ({ user: state.me }));
const readMessages = newest("/messages", () => ({ user: state.me, channel: state.place }));
const readViews = newest("/views", () => ({ user: state.me }));
let feed = null;

// -- what the person does

function clickContext(place) {
  return {
    names,
    people: state.people,
    channels: state.places.filter((each) => each.kind !== "im"),
    confirm: confirmation,
    onAction: (blockId, source, selection, element) => click(place, blockId, source, selection, element),
  };
}

async function click(place, blockId, source, selection, element) {
  notice("");
  const user = state.me;
  const root = place.view_id ? element.closest(".blocks, dialog, .home") : element.closest("article");
  element.setAttribute("aria-busy", "true");
  try {
    const reply = await act("/click", {
      user, ...place, action_id: source.action_id, block_id: blockId, selection, inputs: root ? inputsOf(root) : {},
    });
    if (state.me === user && (reply.status < 200 || reply.status > 299)) notice(failureWords(reply), "bad");
  } catch (error) {
    await afterRefusal(user, error);
  } finally {
    element.removeAttribute("aria-busy");
  }
}

// What `user` did was refused. Whoever the visitor has become meanwhile is told nothing of it.
async function afterRefusal(user, error) {
  if (state.me !== user) return;
  if (error instanceof ActError && (error.status === 404 || error.status === 409)) {
    notice(text("gone"));
    if (state.place) await openPlace(state.place);
  } else {
    notice(error.message, "bad");
  }
}

async function react(message, name, remove) {
  const user = state.me;
  await act("/react", { user, channel: message.channel, message_ts: message.ts, name, remove }).catch((error) => afterRefusal(user, error));
  articleOf(message)?.focus({ preventScroll: true });
}

async function replyTo(message, words) {
  const user = state.me;
  try {
    await act("/say", { user, channel: message.channel, text: words, thread_ts: message.ts });
    return true;
  } catch (error) {
    if (state.me === user) notice(error.message, "bad");
    return false;
  }
}

async function compose(event) {
  event.preventDefault();
  const input = byId("compose");
  const words = input.value.trim();
  if (!words) return;
  const user = state.me;
  notice("");
  input.value = "";
  try {
    if (words.startsWith("/")) {
      const reply = await act("/command", { user, text: words, channel: state.place });
      if (state.me === user && reply.status !== 200) notice(`${text("commandFailed")} ${failureWords(reply)}`, "bad");
    } else {
      await act("/say", { user, channel: state.place, text: words });
    }
  } catch (error) {
    if (state.me !== user) return; // the box is somebody else's by now
    input.value = words;
    const unknown = words.startsWith("/") && error.status === 422;
    notice(unknown ? text("unknownCommand", words.split(" ")[0]) : error.message, "bad");
  }
}

function failureWords(reply) {
  if (reply.error === "http_timeout") return text("timedOut");
  if (reply.error === "connection_failed") return text("unreachable");
  return text("failed", reply.error ?? reply.status);
}

function notice(words, kind = "") {
  const line = byId("notice");
  line.textContent = words;
  line.className = `notice ${kind}`;
}

// -- where the person is

async function become(id) {
  if (!state.personById.has(id)) return;
  state.me = id;
  leavePlace();
  const person = state.personById.get(id);
  byId("acting-name").textContent = person.real_name;
  byId("acting-hint").textContent = [person.title, ...person.groups].filter(Boolean).join(" · ");
  byId("places-column").hidden = false;
  byId("welcome").hidden = true;
  byId("conversation").hidden = false;
  await listen();
  if (state.me === id) await refreshPlaces();
  if (state.me !== id) return; // somebody else was chosen meanwhile
  showPeople();
  await openFirstPlace();
  await refreshModals();
}

// Nothing of the person before may be clicked, or said in their name, until the next one's places are here. Answers that
// are under way about the person before do not count any more (see `newest`).
function leavePlace() {
  closeDialogs();
  notice("");
  state.place = null;
  state.places = [];
  state.messages = new Map();
  state.home = null;
  byId("home").replaceChildren();
  byId("compose").value = "";
  byId("compose").disabled = true;
  showPlaces();
  showMessages();
}

// Where none is open and the person's places are here; else who asked for them last opens one.
async function openFirstPlace() {
  const first = state.places.find((place) => place.kind === "im") ?? state.places[0];
  if (!state.place && first) await openPlace(first.id);
}

async function refreshPlaces() {
  const answer = await readPlaces();
  if (!answer) return;
  state.places = answer.conversations;
  showPlaces();
}

function showPlaces() {
  const list = byId("places");
  renew(
    list,
    state.places.map((place) =>
      make(
        "li",
        {},
        make(
          "button",
          { type: "button", "data-id": place.id, "aria-current": place.id === state.place ? "true" : undefined },
          make("span", { class: "place-mark", "aria-hidden": "true" }, place.kind === "im" ? "●" : place.kind === "private_channel" ? "🔒" : "#"),
          make("span", { class: "name" }, place.name),
          place.unread
            ? make("span", { class: "badge" }, String(place.unread), make("span", { class: "visually-hidden" }, ` ${text("unread", "").trim()}`))
            : null,
        ),
      ),
    ),
  );
  const current = list.querySelector("[aria-current]") ?? list.querySelector("button");
  if (current) setStop(list, current);
}

async function openPlace(id) {
  state.place = id;
  state.messages = new Map();
  byId("compose").disabled = false;
  const place = state.places.find((each) => each.id === id);
  const isApp = !place || place.kind === "im";
  byId("place-name").textContent = isApp ? state.app.name : `# ${place.name}`;
  byId("tabs").hidden = !isApp;
  location.hash = [state.me, id].filter(Boolean).join("/");
  showTab(isApp ? state.tab : "messages");
  showMessages();
  await loadMessages();
  await seen();
}

async function loadMessages() {
  if (!state.place) return;
  const answer = await readMessages();
  if (!answer) return;
  keepNewest(answer.messages);
  showMessages();
}

// Messages come by reading and by the feed, in any order; the higher change number is the newer one.
function keepNewest(messages) {
  for (const message of messages) {
    if ((state.messages.get(message.ts)?.sequence ?? -1) <= message.sequence) state.messages.set(message.ts, message);
  }
}

async function seen() {
  if (!state.place || state.tab !== "messages" || document.hidden) return;
  const place = state.places.find((each) => each.id === state.place);
  if (!place?.unread) return;
  const person = state.personById.get(state.me);
  await act("/read", { user: person.id, channel: place.id });
  person.unread = Math.max(0, person.unread - place.unread);
  place.unread = 0;
  showPlaces();
  showPeople();
}

function showTab(tab) {
  state.tab = tab;
  const home = tab === "home";
  for (const name of ["messages", "home"]) {
    byId(`tab-${name}`).setAttribute("aria-selected", String(name === tab));
    byId(`tab-${name}`).tabIndex = name === tab ? 0 : -1;
    byId(name).hidden = name !== tab;
  }
  byId("composer").hidden = home;
  if (home) openHome();
  else byId("messages").scrollTop = byId("messages").scrollHeight;
}

async function openHome() {
  const user = state.me;
  const reply = await act("/home", { user, wait_seconds: 0 }).catch((error) => ({ error: error.message, status: 0 }));
  if (state.me !== user) return;
  if (reply.error && reply.error !== "not_subscribed") notice(failureWords(reply), "bad");
  await refreshHome();
}

async function refreshHome() {
  const views = await readViews();
  if (!views) return;
  const home = views.home;
  const root = byId("home");
  const held = inputsOf(root);
  const sameView = state.home?.id === home?.id;
  state.home = home;
  if (!home) {
    root.replaceChildren(make("p", { class: "empty" }, text("noHome")));
    return;
  }
  const focused = document.activeElement?.dataset?.key;
  root.replaceChildren(make("div", { class: "blocks" }, renderBlocks(home.blocks, clickContext({ view_id: home.id }))));
  if (sameView) restoreInputs(root, held);
  if (focused) root.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

// -- what happens in the workspace

// Ends when the feed is open: what is read from then on misses nothing.
function listen() {
  feed?.close();
  feed = new EventSource(`/act/feed?user=${encodeURIComponent(state.me ?? "")}`);
  const on = (name, handle) => feed.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  on("message", messagesChanged);
  on("ephemeral", messagesChanged);
  on("home", () => state.tab === "home" && refreshHome());
  on("modals", refreshModals);
  on("request", addRequests);
  on("clock", (moves) => {
    setNow(moves.at(-1).now);
    refreshRound();
  });
  on("round", refreshRound);
  on("faults", (changes) => showFaults(changes.at(-1).faults));
  on("unread", (marks) => {
    for (const mark of marks) {
      const person = state.personById.get(mark.user);
      if (person && person.id !== state.me) person.unread += 1;
    }
    showPeople();
  });
  let lost = false;
  return new Promise((settled) => {
    feed.onerror = () => {
      lost = true;
      settled();
    };
    feed.onopen = () => {
      if (lost) refreshAll();
      lost = false;
      settled();
    };
  });
}

async function messagesChanged(messages) {
  const here = messages.filter((message) => message.channel === state.place);
  keepNewest(here);
  if (here.length) updateMessages(here);
  if (!state.place || messages.some((message) => !message.ephemeral)) {
    await refreshPlaces();
    await openFirstPlace();
    await seen();
  }
}

async function refreshAll() {
  await loadPeople();
  await setUpInspector();
  await refreshRound();
  setNow((await read("/clock")).now);
  if (!state.me) return;
  await refreshPlaces();
  state.messages = new Map();
  await loadMessages();
  if (state.tab === "home") await refreshHome();
  await refreshModals();
}

async function loadPeople() {
  const answer = await read("/people");
  state.people = answer.people;
  state.personById = new Map(answer.people.map((person) => [person.id, person]));
  state.app = answer.app;
  byId("team-name").textContent = answer.team.name;
  showPeople();
}

// -- the page's own chrome

function showWelcome() {
  byId("welcome-lines").replaceChildren(...text("welcome").map((line) => make("li", {}, line)));
}

async function becomeRole(role) {
  const found = (await read("/roles", { language: currentLanguage() }))[role];
  if (found) await become(found);
  byId("place-name").focus();
}

function showInLanguage() {
  applyTexts();
  showWelcome();
  showRound();
  showPeople();
  showNow();
  showRequests();
  showFaultTexts();
  if (state.me) {
    showPlaces();
    showMessages();
  }
}

function setUpChrome() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      switchLanguage(button.dataset.language);
      showInLanguage();
    });
  }
  document.querySelector("[data-text=about]").addEventListener("click", (event) => {
    event.preventDefault();
    byId("welcome").hidden = false;
    byId("conversation").hidden = true;
    byId("welcome").querySelector("h2").tabIndex = -1;
    byId("welcome").querySelector("h2").focus();
  });
  for (const button of document.querySelectorAll("[data-role]")) {
    button.addEventListener("click", () => becomeRole(button.dataset.role));
  }
  roving(byId("places"));
  byId("places").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    byId("welcome").hidden = true;
    byId("conversation").hidden = false;
    openPlace(button.dataset.id);
  });
  for (const name of ["messages", "home"]) byId(`tab-${name}`).addEventListener("click", () => showTab(name));
  byId("tabs").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = state.tab === "home" ? "messages" : "home";
    byId(`tab-${other}`).focus();
    showTab(other);
  });
  byId("composer").addEventListener("submit", compose);
  document.addEventListener("visibilitychange", seen);
}

async function start() {
  showInLanguage();
  setUpChrome();
  setUpPeople(become);
  setUpMessages(
    (message) => clickContext({ channel: message.channel, message_ts: message.ts }),
    react,
    replyTo,
  );
  setUpDialogs((view) => clickContext({ view_id: view.id }), { words: failureWords });
  await loadPeople();
  await listen();
  await Promise.all([setUpClock(), setUpInspector(), setUpRound(setNow, () => becomeRole("champion")), setUpFaults()]);
  const [person, place] = location.hash.slice(1).split("/");
  if (state.personById.has(person)) {
    await become(person);
    if (state.me === person && state.places.some((each) => each.id === place)) await openPlace(place);
  }
  performance.mark("interactive");
  document.documentElement.dataset.ready = currentLanguage();
}

start();
