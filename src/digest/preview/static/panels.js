// Everything beside the email. Text is only ever set as text, so nothing in an article can become markup.
const byId = (id) => document.getElementById(id);
const NEXT = {
  Draft: ["digest build", " creates the build that is approved and sent."],
  Built: ["digest approve", " records that you approve exactly this."],
  Approved: ["digest send", " shows what would be sent."],
  Stale: ["digest build", " again: something has changed since the last build."],
};
const NAMES = { error: "Error", warning: "Warning", info: "Note" };

export function fill({ page, clip_bytes: clipBytes }) {
  document.title = `${page.subject || "No subject"} · ${page.issue}`;
  byId("issue").textContent = page.issue;
  byId("state").textContent = page.state;
  byId("state").dataset.state = page.state;
  byId("state").hidden = false;
  byId("side").hidden = false;
  fillInbox(page);
  fillFindings(page.findings);
  fillSize(page.bytes_html, clipBytes);
  byId("token").textContent = page.token;
  byId("token").dataset.copy = page.token;
  byId("token").setAttribute("aria-label", `Copy the approval token`);
  byId("token-line").hidden = !page.token;
  const [command, explanation] = NEXT[page.state] ?? ["", ""];
  byId("next").replaceChildren(element("code", "", command), explanation);
  byId("text").textContent = page.text;
  fillSource(page);
  byId("sources").replaceChildren(...traces(page.bullets));
}

export function fillError({ error, page }) {
  const problem = error ?? page?.problem;
  byId("banner").hidden = !problem;
  fillKept(error, page);
  if (!problem) return;
  byId("banner-place").textContent = problem.place;
  byId("banner-place").hidden = !problem.place;
  byId("banner-message").textContent = problem.message;
  byId("banner-hint").textContent = problem.hint;
  byId("banner-kept").textContent = error && page ? "Below is the last version that could be rendered." : "";
  if (!document.title.startsWith("✕")) document.title = `✕ ${document.title}`;
}

// While the latest version is broken, nothing beside the email may look as if it were about that version.
function fillKept(error, page) {
  byId("kept").hidden = !error;
  byId("side").dataset.kept = error ? "yes" : "no";
  byId("verdict").hidden = Boolean(error);
  byId("checks").hidden = Boolean(error && !page?.findings.length);
  byId("approval").hidden = Boolean(error);
  if (!error) return;
  byId("state").textContent = byId("state").dataset.state = "Broken";
  byId("state").hidden = false;
}

function fillInbox(page) {
  byId("row-from").textContent = page.sender_name;
  for (const id of ["row-subject", "subject"]) byId(id).textContent = page.subject || "(no subject)";
  for (const id of ["row-preheader", "preheader"]) byId(id).textContent = page.preheader;
  byId("row-time").textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  byId("from").textContent = page.sender;
  byId("subject-count").textContent = count(page.subject);
  byId("preheader-count").textContent = count(page.preheader);
}

const count = (text) => {
  const length = [...text].length;
  return length === 1 ? "1 character" : `${length} characters`;
};

function fillFindings(findings) {
  const number = (severity) => findings.filter((finding) => finding.severity === severity).length;
  const errors = number("error");
  const warnings = number("warning");
  const counts = [plural(errors, "error"), plural(warnings, "warning")].filter(Boolean).join(", ");
  byId("verdict").textContent = counts || "Nothing to fix.";
  byId("verdict").dataset.severity = errors ? "error" : warnings ? "warning" : "good";
  byId("findings").replaceChildren(...findings.map(describe));
}

const plural = (number, noun) => (number ? `${number} ${noun}${number === 1 ? "" : "s"}` : "");

function describe(finding) {
  const place = element("button", "copy place", shortPlace(finding));
  place.type = "button";
  place.dataset.copy = finding.place;
  place.title = `Copy ${finding.place}`;
  const head = element("p", "finding-head");
  head.append(element("span", "severity", NAMES[finding.severity] ?? finding.severity), element("span", "quiet", finding.code), place);
  const item = element("li", "finding");
  item.dataset.severity = finding.severity;
  item.append(head, element("p", "", finding.message));
  if (finding.hint) item.append(element("p", "quiet", finding.hint));
  return item;
}

function shortPlace({ file, line }) {
  const name = file.split("/").at(-1);
  return line === null ? name : `${name}:${line}`;
}

function fillSize(bytes, clipBytes) {
  const kilo = (number) => `${(number / 1000).toFixed(number < 10_000 ? 1 : 0)} kB`;
  byId("size").textContent = `${kilo(bytes)} of about ${kilo(clipBytes)}`;
  const most = Math.max(clipBytes * 1.25, bytes);
  const gauge = byId("gauge");
  gauge.setAttribute("aria-valuemax", most);
  gauge.setAttribute("aria-valuenow", bytes);
  gauge.setAttribute("aria-valuetext", byId("size").textContent);
  gauge.dataset.severity = bytes > clipBytes ? "error" : bytes > clipBytes * 0.8 ? "warning" : "good";
  gauge.style.setProperty("--fill", `${(100 * bytes) / most}%`);
  gauge.style.setProperty("--clip", `${(100 * clipBytes) / most}%`);
  byId("size-note").textContent =
    bytes > clipBytes
      ? "Gmail hides the rest, including the unsubscribe link. A line in the email shows where."
      : bytes > clipBytes * 0.8
        ? "Close to Gmail’s limit. Links that a provider rewrites make the email longer."
        : "Gmail clips longer emails.";
}

function fillSource({ html, clip_at: clipAt }) {
  const pane = byId("html");
  if (clipAt === null) pane.textContent = html;
  else pane.replaceChildren(html.slice(0, clipAt), element("span", "cut", "Gmail clips about here"), html.slice(clipAt));
}

const WRITERS = {
  author: "Written by the author.",
  editor: "Written by the editor.",
  llm: "Written by a language model.",
  extracted: "Its article no longer exists, or has changed.",
};

function* traces(bullets) {
  if (!bullets.length) yield element("p", "quiet", "No story has a bullet.");
  let headline = null;
  for (const bullet of bullets) {
    if (bullet.headline !== headline) yield element("h3", "", (headline = bullet.headline));
    const place = element("button", "copy place", bullet.line === null ? "issue.md" : `issue.md:${bullet.line}`);
    place.type = "button";
    place.dataset.copy = bullet.place;
    place.title = `Copy ${bullet.place}`;
    const head = element("p", "trace-text", bullet.text);
    head.append(" ", place);
    yield head;
    yield bullet.shortened ? passage(bullet.sentence) : element("p", "quiet", bullet.sentence.length ? "Word for word." : WRITERS[bullet.origin]);
  }
}

function passage(pieces) {
  const quote = element("blockquote", "passage");
  for (const [text, isKept] of pieces) quote.append(element(isKept ? "mark" : "span", "", text));
  return quote;
}

function element(name, className, text = "") {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}

let fading;

export function toast(text) {
  byId("toast").textContent = text;
  byId("toast").dataset.shown = "yes";
  clearTimeout(fading);
  fading = setTimeout(() => {
    byId("toast").dataset.shown = "no";
  }, 2500);
}
