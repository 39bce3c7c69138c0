// The user's choices. They are kept in the address, so a reload or a shared link shows the same.
const form = document.getElementById("controls");
const help = document.getElementById("help");
const keys = document.getElementById("keys");
const WIDTHS = { 1: "640", 2: "390", 3: "320", 0: "full" };
const PARTS = { t: "text", h: "html", s: "sources" };
const listeners = [];

export const onChoice = (listener) => listeners.push(listener);

export function choices() {
  const { part, width, scheme, images } = form.elements;
  return { part: part.value, width: width.value, scheme: scheme.value, images: images.checked };
}

export function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (help.open || (!keys.checked && event.key !== "?")) return;
  const { part, width, scheme, images } = form.elements;
  if (event.key in WIDTHS) width.value = WIDTHS[event.key];
  else if (event.key === "d") scheme.value = after(scheme);
  else if (event.key === "i") images.checked = !images.checked;
  else if (event.key in PARTS) {
    const wanted = PARTS[event.key];
    part.value = part.value === wanted ? "email" : wanted;
  } else if (event.key === "?") return help.showModal();
  else return;
  event.preventDefault();
  changed();
}

function after(radios) {
  const values = [...radios].map((radio) => radio.value);
  return values[(values.indexOf(radios.value) + 1) % values.length];
}

function changed() {
  const { part, width, scheme, images } = choices();
  const query = new URLSearchParams({ part, width, scheme, images: images ? "on" : "off" });
  if (!keys.checked) query.set("keys", "off");
  history.replaceState(null, "", `?${query}`);
  for (const listener of listeners) listener();
}

function restore() {
  const query = new URLSearchParams(location.search);
  for (const name of ["part", "width", "scheme"]) {
    const radios = [...form.elements[name]];
    const wanted = radios.find((radio) => radio.value === query.get(name));
    if (wanted) wanted.checked = true;
  }
  form.elements.images.checked = query.get("images") !== "off";
  keys.checked = query.get("keys") !== "off";
}

form.addEventListener("change", changed);
form.addEventListener("submit", (event) => event.preventDefault());
keys.addEventListener("change", changed);
restore();
