// The page's own words, in Dutch and English. What the bot says is the bot's own affair.

const TEXTS = {
  nl: {
    title: "Draagvlak – nagespeelde werkplek",
    skip: "Naar het gesprek",
    emulated: "nagespeelde werkplek",
    clock: "Campagnetijd",
    campaignTime: "Campagnetijd:",
    plusHour: "+ 1 uur",
    nextDay: "Volgende dag",
    plusWeek: "+ 1 week",
    about: "Wat is dit?",
    pageLanguage: "Taal van deze pagina",
    actAs: "Wees een collega",
    search: "Zoek naam, functie, team",
    morePeople: (n) => `En nog ${n}. Zoek op naam om ze te vinden.`,
    nobodyFound: "Niemand gevonden.",
    conversations: "Gesprekken",
    youAre: "Je bent nu",
    messages: "Berichten",
    home: "Start",
    appTabs: "Delen van de app",
    compose: "Schrijf een bericht of een opdracht",
    composeHint: "Schrijf een bericht, of een opdracht zoals /pulse help",
    send: "Versturen",
    traffic: "Verkeer tussen werkplek en bot",
    trafficCaption: "De laatste verzoeken, zonder inhoud",
    trafficCount: (n, refused) => (refused ? `${n} verzoeken, ${refused} niet gelukt` : `${n} verzoeken, alles gelukt`),
    time: "Tijd",
    direction: "Richting",
    what: "Wat",
    who: "Wie",
    verdict: "Uitkomst",
    milliseconds: "ms",
    from_bot: "bot → werkplek",
    to_bot: "werkplek → bot",
    unread: (n) => `${n} ongelezen`,
    guest: "gast",
    deactivated: "uitgeschakeld",
    bot: "app",
    app: "App",
    noMessages: "Hier staat nog niets. Zet de tijd vooruit tot er een ronde opengaat, of typ /pulse help.",
    noHome: "De app heeft hier nog niets neergezet.",
    onlyYou: "Alleen jij ziet dit bericht",
    edited: "(aangepast)",
    failed: (status) => `De bot antwoordde niet goed (${status}). Er is misschien niets bewaard; probeer het nog eens.`,
    unreachable: "De bot antwoordt niet. Draait hij? Probeer het zo nog eens.",
    timedOut: "De bot antwoordde niet binnen 3 seconden. Probeer het nog eens.",
    gone: "Deze knop is er niet meer; het bericht is ververst.",
    commandFailed: "Deze opdracht is niet gelukt.",
    required: "Vul dit nog in.",
    close: "Sluiten",
    choose: "Kies…",
    confirm: "Weet je het zeker?",
    yes: "Ja",
    no: "Nee",
    addReaction: "Reageer",
    reaction: (name, n) => `${name}: ${n}`,
    chosen: "gekozen",
    welcomeTitle: "Kijk rond als een collega",
    welcome: [
      "Dit is een nagespeelde Slack-werkplek. Er is geen echte Slack en er zijn geen echte mensen.",
      "Kies links een collega. Je ziet dan wat die collega ziet, en je kunt antwoorden.",
      "Elke klik gaat ondertekend naar de echte bot, precies zoals bij Slack. De bot bewaart je antwoord zonder je naam.",
      "Met de knoppen bovenaan zet je de tijd vooruit. Zo gaan rondes vanzelf open en dicht.",
      "Onderaan zie je het verkeer: wie vroeg wat, en hoe liep het af. De inhoud zie je daar niet.",
    ],
  },
  en: {
    title: "Draagvlak – emulated workspace",
    skip: "To the conversation",
    emulated: "emulated workspace",
    clock: "Campaign time",
    campaignTime: "Campaign time:",
    plusHour: "+ 1 hour",
    nextDay: "Next day",
    plusWeek: "+ 1 week",
    about: "What is this?",
    pageLanguage: "Language of this page",
    actAs: "Be a colleague",
    search: "Search name, role, team",
    morePeople: (n) => `And ${n} more. Search by name to find them.`,
    nobodyFound: "Nobody found.",
    conversations: "Conversations",
    youAre: "You are now",
    messages: "Messages",
    home: "Home",
    appTabs: "Parts of the app",
    compose: "Write a message or a command",
    composeHint: "Write a message, or a command such as /pulse help",
    send: "Send",
    traffic: "Traffic between workspace and bot",
    trafficCaption: "The latest requests, without their content",
    trafficCount: (n, refused) => (refused ? `${n} requests, ${refused} not successful` : `${n} requests, all successful`),
    time: "Time",
    direction: "Direction",
    what: "What",
    who: "Who",
    verdict: "Outcome",
    milliseconds: "ms",
    from_bot: "bot → workspace",
    to_bot: "workspace → bot",
    unread: (n) => `${n} unread`,
    guest: "guest",
    deactivated: "deactivated",
    bot: "app",
    app: "App",
    noMessages: "Nothing here yet. Move time forward until a round opens, or type /pulse help.",
    noHome: "The app has not put anything here yet.",
    onlyYou: "Only you can see this message",
    edited: "(edited)",
    failed: (status) => `The bot did not answer well (${status}). Maybe nothing was stored; please try once more.`,
    unreachable: "The bot does not answer. Is it running? Please try again in a moment.",
    timedOut: "The bot did not answer within 3 seconds. Please try once more.",
    gone: "This button is no longer there; the message has been refreshed.",
    commandFailed: "This command did not work.",
    required: "Please fill this in.",
    close: "Close",
    choose: "Choose…",
    confirm: "Are you sure?",
    yes: "Yes",
    no: "No",
    addReaction: "React",
    reaction: (name, n) => `${name}: ${n}`,
    chosen: "chosen",
    welcomeTitle: "Look around as a colleague",
    welcome: [
      "This is an emulated Slack workspace. There is no real Slack, and there are no real people.",
      "Choose a colleague on the left. You then see what they see, and you can answer.",
      "Every click goes, signed, to the real bot, just as with Slack. The bot stores your answer without your name.",
      "The buttons at the top move time forward. That way rounds open and close by themselves.",
      "At the bottom you see the traffic: who asked what, and how it went. You do not see the content there.",
    ],
  },
};

const KEY = "draagvlak-language";
let language = localStorage.getItem(KEY) ?? (navigator.language.startsWith("nl") ? "nl" : "en");

export function currentLanguage() {
  return language;
}

export function text(name, ...values) {
  const found = TEXTS[language][name];
  return typeof found === "function" ? found(...values) : found;
}

export function switchLanguage(chosen) {
  language = chosen;
  localStorage.setItem(KEY, chosen);
  applyTexts();
}

export function applyTexts() {
  document.documentElement.lang = language;
  document.title = text("title");
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", text(element.dataset.label));
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = text(element.dataset.placeholder);
  for (const element of document.querySelectorAll("[data-language]")) {
    element.setAttribute("aria-pressed", String(element.dataset.language === language));
  }
}
