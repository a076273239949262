// Puts newer pictures in the place of those that are shown, as soon as they are drawn.

const EVERY = 2000;
const standing = document.getElementById("standing");
const { language, nothing, drawing, failed, away } = standing.dataset;
let shown = Number(standing.dataset.version);

async function look() {
  const answer = await fetch(`/dashboards/standing?language=${language}`);
  if (!answer.ok) throw new Error(`the workspace answers ${answer.status}`);
  const now = await answer.json();
  if (now.version !== shown) show(now.version);
  const said = now.failed ? failed : now.drawing ? drawing : now.version ? "" : nothing;
  if (standing.textContent !== said) standing.textContent = said;
}

function show(version) {
  shown = version;
  for (const section of document.querySelectorAll("[data-picture]")) {
    const address = `${section.dataset.picture}&version=${version}`;
    section.querySelector("img").src = address;
    section.querySelector("a").href = address;
    section.hidden = false;
  }
}

async function keepLooking() {
  try {
    await look();
  } catch (fault) {
    console.warn(fault);
    standing.textContent = away;
  }
  setTimeout(keepLooking, EVERY);
}

keepLooking();
