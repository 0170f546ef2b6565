// Makes a chat page live: the sent message and the growing reply appear in place.
// The server renders all HTML; this file only puts it where it belongs.

import { Revealer } from "./reveal.js";

const RETRY_MS = 2000;
const AGAIN_MS = 250;
const END_OF_PAGE_PX = 80;

class ParleyChat extends HTMLElement {
  connectedCallback() {
    this.messages = this.querySelector("#messages");
    this.composer = this.querySelector("#composer");
    this.prompt = this.composer?.elements.prompt;
    this.revealer = new Revealer(() => this.follow());
    this.listenToComposer();
    if ("live" in this.dataset) this.watch();
    // Another tab may have written meanwhile; a stream that finds nothing new ends at once.
    document.addEventListener("visibilitychange", () => {
      if (this.composer && !document.hidden) this.watch();
    });
    if (this.composer) this.follow(true);
  }

  disconnectedCallback() {
    this.unwatch();
  }

  listenToComposer() {
    this.prompt?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.composer.requestSubmit();
    });
    this.addEventListener("htmx:beforeRequest", ({ detail }) => {
      // The Stop button goes away; the keyboard goes on where one writes.
      if (detail.elt.matches("[data-stop]")) this.prompt?.focus();
      if (detail.elt !== this.composer) return;
      for (const name of ["unsent", "too-large"]) this.notice(name, false);
      this.querySelector("#notices").replaceChildren();
      this.sent = this.prompt.value;
      this.known = this.since();
    });
    this.addEventListener("htmx:beforeSwap", ({ detail }) => this.takeAnswer(detail));
    this.addEventListener("htmx:afterRequest", ({ detail }) => {
      if (detail.elt !== this.composer) return;
      if (detail.successful) this.afterSend();
      else if (!explainsItself(detail.xhr)) {
        this.notice(detail.xhr.status === 413 ? "too-large" : "unsent", true);
      }
    });
  }

  takeAnswer(detail) {
    if (detail.xhr.status >= 400) {
      // A refusal brings its own notice, out of band; a gateway's page must not be swapped in.
      detail.shouldSwap = explainsItself(detail.xhr);
      detail.swapOverride = "none";
    } else if (detail.requestConfig.elt === this.composer) {
      // The stream may have brought the new messages already, so they are put in place here.
      const answer = parse(detail.serverResponse);
      for (const article of answer.querySelectorAll("article")) this.place(article, false);
      const rest = document.createElement("div");
      rest.append(answer);
      detail.serverResponse = rest.innerHTML;
    }
  }

  afterSend() {
    if (this.prompt.value === this.sent) this.prompt.value = "";
    this.follow(true);
    this.watch(this.known);
  }

  watch(since = this.since()) {
    if (this.source) return;
    this.source = new EventSource(`${this.dataset.events}?since=${since}`);
    const on = (name, handle) =>
      this.source.addEventListener(name, ({ data }) => {
        const atEnd = this.atEnd();
        handle.call(this, JSON.parse(data));
        if (atEnd) this.follow(true);
      });
    on("message", ({ html }) => this.place(parse(html).querySelector("article"), true));
    on("status", this.showStatus);
    on("text", this.showText);
    on("notice", ({ away }) => this.notice("away", away));
    on("end", this.finish);
    this.source.onopen = () => this.notice("away", false);
    this.source.onerror = () => this.lose();
  }

  unwatch() {
    this.source?.close();
    this.source = null;
  }

  // A message sent in this very moment may have come too late for the stream that ends here.
  finish() {
    this.unwatch();
    if (this.messages.querySelector("[data-unfinished]")) setTimeout(() => this.watch(), AGAIN_MS);
  }

  // The browser reconnects by itself unless the answer was an error; then it is up to us.
  lose() {
    this.notice("away", true);
    if (this.source?.readyState !== EventSource.CLOSED) return;
    this.unwatch();
    setTimeout(() => this.lookAgain(), RETRY_MS);
  }

  async lookAgain() {
    const page = await fetch(location.href).catch(() => null);
    if (page && [401, 404].includes(page.status)) {
      this.notice("away", false);
      this.notice("gone", true);
    } else {
      this.watch();
    }
  }

  // Everything up to this message is final on this page already.
  since() {
    const unfinished = this.messages.querySelector("[data-unfinished]");
    if (unfinished) return unfinished.dataset.seq - 1;
    const last = [...this.messages.querySelectorAll(".message")].at(-1);
    return last ? Number(last.dataset.seq) : 0;
  }

  // Puts a message where its number says; one that is there already is replaced or left alone.
  place(article, replace) {
    const old = document.getElementById(article.id);
    if (old && !replace) return article.remove();
    if (old) {
      old.replaceWith(article);
    } else {
      const later = [...this.messages.querySelectorAll(".message")].find(
        ({ dataset }) => Number(dataset.seq) > Number(article.dataset.seq),
      );
      this.messages.insertBefore(article, later ?? this.messages.querySelector("#end"));
    }
    window.htmx?.process(article);
  }

  // Only the words change while they can: whoever is on the Stop button stays there.
  showStatus({ id, html }) {
    const status = document.querySelector(`#m-${id} [data-status]`);
    const fresh = parse(html).querySelector("[data-status]");
    const words = status?.querySelector(".progress");
    if (words && fresh.querySelector(".progress") && !fresh.querySelector(".stop:disabled")) {
      words.replaceWith(fresh.querySelector(".progress"));
    } else {
      status?.replaceWith(fresh);
      window.htmx?.process(fresh);
    }
  }

  showText({ id, closed, open }) {
    const block = document.querySelector(`#m-${id} .open`);
    if (!block) return;
    block.before(parse(closed));
    this.revealer.show(block, parse(open), closed !== "");
  }

  notice(name, shown) {
    const notice = this.querySelector(`[data-notice="${name}"]`);
    if (!notice) return;
    notice.textContent = shown ? notice.dataset.words : "";
    notice.hidden = !shown;
  }

  atEnd() {
    return window.innerHeight + window.scrollY >= document.body.scrollHeight - END_OF_PAGE_PX;
  }

  follow(always = false) {
    if (always || this.atEnd()) window.scrollTo(0, document.body.scrollHeight);
  }
}

function explainsItself(xhr) {
  return Boolean(xhr.response?.includes('id="notices"'));
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

customElements.define("parley-chat", ParleyChat);
