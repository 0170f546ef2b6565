// Makes a chat page live: the sent message and the growing reply appear in place.
// The server renders all HTML; this file only puts it where it belongs.

import { Follower, Revealer, Speaker } from "./reveal.js";

const RETRY_MS = 2000;
const AGAIN_MS = 250;

class ParleyChat extends HTMLElement {
  connectedCallback() {
    this.messages = this.querySelector("#messages");
    this.composer = this.querySelector("#composer");
    this.prompt = this.composer?.elements.prompt;
    this.follower = new Follower(this.querySelector("[data-below]"), this.prompt);
    this.revealer = new Revealer(() => this.follower.follow());
    this.speaker = new Speaker(this.querySelector("[data-announce]"));
    this.equip(this.messages);
    this.listenToComposer();
    this.listenToEarlier();
    if ("live" in this.dataset) this.watch();
    document.addEventListener("visibilitychange", () => this.lookedAt());
  }

  disconnectedCallback() {
    this.unwatch();
  }

  // --- sending ---

  listenToComposer() {
    this.addEventListener("htmx:beforeRequest", ({ detail }) => {
      // The Stop button goes away; the keyboard goes on where one writes.
      const byFinger = matchMedia("(pointer: coarse)").matches; // whose keyboard would come up
      if (detail.elt.matches("[data-stop]") && !byFinger) this.prompt?.focus();
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
    if (this.prompt.value === this.sent) {
      this.prompt.value = "";
      this.prompt.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.querySelector(".empty")?.remove();
    const listed = document.querySelector(".chat-list [aria-current] span");
    if (listed) listed.textContent = document.getElementById("chat-title").textContent;
    this.follower.goToEnd();
    this.watch(this.known);
  }

  // --- watching ---

  watch(since = this.since()) {
    if (this.source) return;
    const last = [...this.messages.querySelectorAll(".message")].at(-1)?.id.slice(2) ?? "";
    this.source = new EventSource(`${this.dataset.events}?since=${since}&last=${last}`);
    const on = (name, handle) =>
      this.source.addEventListener(name, ({ data }) => handle.call(this, JSON.parse(data)));
    on("message", ({ html }) => {
      this.place(parse(html).querySelector("article"), true);
      this.follower.follow();
    });
    on("status", this.showStatus);
    on("text", this.showText);
    on("notice", ({ away }) => this.notice("away", away));
    on("moved", this.reload);
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

  // Another tab may have written meanwhile; a stream that finds nothing new ends at once.
  lookedAt() {
    if (document.hidden) return;
    if (this.title) document.title = this.title;
    this.title = "";
    if (this.composer) this.watch();
  }

  // --- showing ---

  // Puts a message where its number says; one that is there already is replaced or left alone.
  place(article, replace) {
    const old = document.getElementById(article.id);
    if (old && (!replace || old.matches(".editing"))) return article.remove();
    const text = article.querySelector(".body").textContent;
    const open = article.querySelector(".open")?.textContent ?? "";
    if (old) this.replace(old, article);
    else this.insert(article);
    if (isUnfinished(article)) this.speaker.begin(article.id, text, text.length - open.length);
    else if (old && isUnfinished(old)) this.tellEnd(article, text);
    this.equip(article);
    window.htmx?.process(article);
  }

  insert(article) {
    const later = [...this.messages.querySelectorAll(".message")].find(
      ({ dataset }) => Number(dataset.seq) > Number(article.dataset.seq),
    );
    const place = later ?? this.messages.querySelector("#end");
    this.checkBranch(article, place);
    this.messages.insertBefore(article, place);
  }

  replace(old, article) {
    const held = old.contains(document.activeElement);
    old.replaceWith(article);
    if (held) this.prompt?.focus({ preventScroll: true });
  }

  // To who listens and to who has another tab in front.
  tellEnd(article, text) {
    const state = [...article.querySelectorAll("[data-status] > :not(details)")];
    this.speaker.end(article.id, text, state.map(({ textContent }) => textContent).join(" "));
    if (!document.hidden || this.title) return;
    this.title = document.title;
    document.title = this.querySelector("#ready-title").dataset.words;
  }

  // A message that answers another than the one above it belongs to a branch that was begun
  // elsewhere: the page is asked for anew, once for each such message.
  checkBranch({ id, dataset }, place) {
    let above = place.previousElementSibling;
    while (above && !above.matches(".message")) above = above.previousElementSibling;
    if (!above || !dataset.parent || above.id === `m-${dataset.parent}`) return;
    try {
      if (sessionStorage.getItem("reloaded-for") === id) return;
      sessionStorage.setItem("reloaded-for", id);
    } catch {
      return;
    }
    this.reload();
  }

  reload() {
    this.unwatch();
    if (this.querySelector(".editing")) return; // what is typed there would be lost
    location.reload();
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
    this.follower.stay();
  }

  showText({ id, closed, open }) {
    const block = document.querySelector(`#m-${id} .open`);
    if (!block) return;
    const [ended, growing] = [parse(closed), parse(open)];
    this.speaker.hear(`m-${id}`, ended.textContent, growing.textContent);
    this.equip(ended);
    block.before(ended);
    this.revealer.show(block, growing, closed !== "");
  }

  // Adds the buttons that need a script: copying a reply, and code in it.
  equip(root) {
    const has = (place) => place.querySelector(":scope > [data-copy]");
    for (const figure of root.querySelectorAll("figure.code")) {
      if (!has(figure) && !figure.closest(".open")) figure.append(this.copyButton(""));
    }
    for (const more of root.querySelectorAll(".assistant .actions > [data-more]")) {
      if (!has(more.parentElement)) more.before(this.copyButton(more.getAttribute("href")));
    }
  }

  copyButton(address) {
    const { content } = this.querySelector("#copy-button");
    const button = content.firstElementChild.cloneNode(true);
    button.querySelector("span").textContent = button.dataset.words;
    button.dataset.copy = address;
    return button;
  }

  notice(name, shown) {
    const notice = this.querySelector(`[data-notice="${name}"]`);
    if (!notice) return;
    notice.textContent = shown ? notice.dataset.words : "";
    notice.hidden = !shown;
  }

  // Earlier messages come in above: what is read stays where it is, and the keyboard goes to them.
  listenToEarlier() {
    const isEarlier = (event) => event.detail.target?.matches(".earlier");
    let first, top, held;
    this.addEventListener("htmx:beforeSwap", (event) => {
      if (!isEarlier(event)) return;
      first = this.messages.querySelector(".message");
      top = first.getBoundingClientRect().top;
      held = event.detail.target.contains(document.activeElement);
    });
    this.addEventListener("htmx:afterSwap", () => {
      if (!first) return;
      this.equip(this.messages);
      window.scrollBy(0, first.getBoundingClientRect().top - top);
      const read = first.previousElementSibling;
      if (held && read) {
        read.tabIndex = -1;
        read.focus({ preventScroll: true });
      }
      first = null;
    });
  }
}

function isUnfinished({ dataset }) {
  return "unfinished" in dataset;
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
