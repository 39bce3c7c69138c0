// The email in its frame. A new version is loaded behind the old one and replaces it when it is ready, so nothing flashes.
// The page scrolls, not the frame, so the scroll position stays.

const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"; // no allow-scripts

export class Stage {
  #sheet;
  #clip;
  #onKey;
  #onFirst;
  #frame = null;
  #next = null;
  #shown = "";
  #observer = new ResizeObserver(() => this.#measure());

  constructor({ sheet, clip, onKey, onFirst }) {
    this.#sheet = sheet;
    this.#clip = clip;
    this.#onKey = onKey;
    this.#onFirst = onFirst;
  }

  show({ version, width, scheme, images }) {
    this.#sheet.dataset.width = width;
    const address = `/email?${new URLSearchParams({ scheme, images: images ? "on" : "off", version })}`;
    if (address === this.#shown) return;
    this.#shown = address;
    this.#next?.remove();
    this.#next = this.#load(address, scheme);
  }

  #load(address, scheme) {
    const frame = document.createElement("iframe");
    frame.title = "The email";
    frame.setAttribute("sandbox", SANDBOX);
    frame.style.colorScheme = scheme === "authored" ? "dark" : "light";
    frame.className = this.#frame ? "waiting" : "";
    frame.src = address;
    this.#sheet.append(frame);
    this.#await(frame, performance.now());
    return frame;
  }

  // The first email is shown as soon as it is parsed. A later one waits up to a second for its images, so a slow image
  // server does not block the preview.
  #await(frame, start) {
    const page = frame.contentDocument;
    const reading = !page || page.URL === "about:blank" || page.readyState === "loading";
    const waited = performance.now() - start;
    if (!reading && (page.readyState === "complete" || !this.#frame || waited > 1000)) this.#swap(frame);
    else if (waited < 30_000 && frame.isConnected) setTimeout(() => this.#await(frame, start), 20);
  }

  #swap(frame) {
    this.#next = null;
    frame.contentDocument.addEventListener("keydown", this.#onKey);
    this.#observer.disconnect();
    this.#observer.observe(frame.contentDocument.documentElement);
    if (frame.contentDocument.body) this.#observer.observe(frame.contentDocument.body);
    const old = this.#frame;
    this.#frame = frame;
    this.#measure();
    frame.className = "";
    if (old) old.remove();
    else this.#onFirst();
  }

  #measure() {
    const page = this.#frame?.contentDocument;
    if (!page?.body || this.#frame.getClientRects().length === 0) return; // elements have no height while another part is shown
    const style = getComputedStyle(page.body);
    const box = page.body.getBoundingClientRect();
    const height = box.bottom + parseFloat(style.marginBottom) + this.#frame.contentWindow.scrollY;
    const sideways = page.documentElement.scrollWidth > page.documentElement.clientWidth;
    this.#frame.style.height = `${Math.ceil(height) + (sideways ? 16 : 0)}px`;
    this.#markClip(page);
  }

  #markClip(page) {
    let mark = page.querySelector("[data-digest-clip]");
    while (mark && mark.getClientRects().length === 0) mark = mark.parentElement;
    this.#clip.hidden = !mark;
    if (mark) this.#clip.style.top = `${mark.getBoundingClientRect().top}px`;
  }
}
