// The page of the preview: fetches the latest state after each render, and shows it as chosen in the page's address.
import { fill, fillError, toast } from "./panels.js";
import { Stage } from "./stage.js";
import { onChoice, onKey, choices } from "./choices.js";

const byId = (id) => document.getElementById(id);
const stage = new Stage({ sheet: byId("sheet"), clip: byId("clip"), onKey, onFirst: () => scrollTo(0, places.email ?? 0) });
const places = { email: Number(sessionStorage.getItem("place") ?? 0) };
let state = null;
let shown = "email";

function show() {
  const chosen = choices();
  const scrollBefore = scrollY;
  document.body.dataset.width = chosen.width;
  document.body.dataset.part = chosen.part;
  const part = state?.page ? chosen.part : state ? "nothing" : "email";
  for (const name of ["email", "text", "html", "sources"]) byId(`part-${name}`).hidden = name !== part;
  byId("nothing").hidden = part !== "nothing";
  if (part !== shown) {
    places[shown] = scrollBefore;
    shown = part;
    scrollTo(0, places[part] ?? 0);
  }
  byId("email-label").textContent = LABELS[chosen.scheme] + (chosen.images ? "" : " · images off");
  byId("inbox-label").textContent = "In the inbox · " + (isPhone(chosen.width) ? "phone" : "desktop");
  if (state?.page) stage.show({ ...chosen, version: state.version });
}

const LABELS = {
  light: "The email",
  authored: "The email · its own dark mode",
  forced: "The email · forced dark mode (approximation)",
};
const isPhone = (width) => width === "390" || width === "320";

let queue = Promise.resolve();

// One fetch at a time, so a slow response never replaces a newer state with an older one.
function refresh(version) {
  queue = queue.then(() => fetchState(version)).catch(() => {});
  return queue;
}

async function fetchState(version) {
  if (state?.version === version) return;
  const answer = await fetch("/state");
  if (!answer.ok) return;
  state = await answer.json();
  if (state.page) fill(state);
  fillError(state);
  show();
}

function listen() {
  const events = new EventSource("/events");
  const showStatus = (text, connected) => {
    byId("live").dataset.connected = connected;
    if (byId("live-text").textContent !== text) byId("live-text").textContent = text;
  };
  events.addEventListener("rendered", async (event) => {
    await refresh(event.data);
    showStatus("Live", "yes");
  });
  events.addEventListener("error", () => showStatus("Not connected", "no"));
}

history.scrollRestoration = "manual"; // the browser would restore it before the email has its full height
addEventListener("pagehide", () => sessionStorage.setItem("place", shown === "email" ? scrollY : (places.email ?? 0)));
new ResizeObserver(([entry]) => {
  document.body.style.setProperty("--top", `${entry.target.offsetHeight}px`);
}).observe(byId("top"));
onChoice(show);
document.addEventListener("keydown", onKey);
byId("help-open").addEventListener("click", () => byId("help").showModal());
document.addEventListener("click", async (event) => {
  const text = event.target.closest("[data-copy]")?.dataset.copy;
  if (!text) return;
  try {
    await navigator.clipboard.writeText(text);
    toast(`Copied ${text}`);
  } catch {
    toast(text);
  }
});
show();
listen();
