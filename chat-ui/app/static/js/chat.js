// Makes a chat page live: the sent message and the growing reply appear in place.
// The server renders all HTML; this file only puts it where it belongs.

import { Revealer } from "./reveal.js";

const RETRY_MS = 2000;
const END_OF_PAGE_PX = 80;

class ParleyChat extends HTMLElement {
  connectedCallback() {
    this.messages = this.querySelector("#messages");
    this.composer = this.querySelector("#composer");
    this.prompt = this.composer?.elements.prompt;
    this.revealer = new Revealer(() => this.follow());
    this.listenToComposer();
    if ("live" in this.dataset) this.watch();
    if (this.composer) window.scrollTo(0, document.body.scrollHeight);
  }

  disconnectedCallback() {
    this.source?.close();
  }

  listenToComposer() {
    this.prompt?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.composer.requestSubmit();
    });
    this.addEventListener("htmx:beforeRequest", () => {
      this.notice("unsent", false);
      this.sent = this.prompt?.value;
    });
    // A refusal brings its own notice; any other failure (a gateway's page) must not be swapped in.
    this.addEventListener("htmx:beforeSwap", ({ detail }) => {
      if (detail.xhr.status >= 400) detail.shouldSwap = detail.xhr.response.includes('id="notices"');
    });
    this.addEventListener("htmx:afterRequest", ({ detail }) => {
      if (detail.elt !== this.composer) return;
      if (detail.successful) this.afterSend();
      else if (!detail.xhr.response?.includes('id="notices"')) this.notice("unsent", true);
    });
  }

  afterSend() {
    if (this.prompt.value === this.sent) this.prompt.value = "";
    window.scrollTo(0, document.body.scrollHeight);
    this.watch();
  }

  watch() {
    if (this.source) return;
    this.source = new EventSource(`${this.dataset.events}?since=${this.since()}`);
    const on = (name, handle) =>
      this.source.addEventListener(name, ({ data }) => {
        const atEnd = this.atEnd();
        handle.call(this, JSON.parse(data));
        if (atEnd) this.follow(true);
      });
    on("message", this.showMessage);
    on("status", this.showStatus);
    on("text", this.showText);
    on("notice", ({ away }) => this.notice("away", away));
    on("end", this.unwatch);
    this.source.onopen = () => this.notice("away", false);
    this.source.onerror = () => this.lose();
  }

  unwatch() {
    this.source?.close();
    this.source = null;
  }

  // The browser reconnects by itself unless the answer was an error; then it is up to us.
  lose() {
    this.notice("away", true);
    if (this.source?.readyState !== EventSource.CLOSED) return;
    this.unwatch();
    setTimeout(() => this.watch(), RETRY_MS);
  }

  // Everything up to this message is final on this page already.
  since() {
    const unfinished = this.messages.querySelector("[data-unfinished]");
    if (unfinished) return unfinished.dataset.seq - 1;
    const last = this.messages.querySelector(".message:last-of-type");
    return last ? last.dataset.seq : 0;
  }

  showMessage({ id, html }) {
    const article = parse(html).querySelector("article");
    const old = document.getElementById(`m-${id}`);
    if (old) old.replaceWith(article);
    else this.messages.append(article);
    window.htmx?.process(article);
  }

  showStatus({ id, html }) {
    const status = document.querySelector(`#m-${id} [data-status]`);
    const fresh = parse(html).querySelector("[data-status]");
    status?.replaceWith(fresh);
    window.htmx?.process(fresh);
  }

  showText({ id, closed, open }) {
    const block = document.querySelector(`#m-${id} .open`);
    if (!block) return;
    block.before(parse(closed));
    this.revealer.show(block, parse(open), closed !== "");
  }

  notice(name, shown) {
    const notice = this.querySelector(`[data-notice="${name}"]`);
    if (notice) notice.hidden = !shown;
  }

  atEnd() {
    return window.innerHeight + window.scrollY >= document.body.scrollHeight - END_OF_PAGE_PX;
  }

  follow(always = false) {
    if (always || this.atEnd()) window.scrollTo(0, document.body.scrollHeight);
  }
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

customElements.define("parley-chat", ParleyChat);
