// Makes a chat page live: the sent message and the growing reply appear in place.
// The server renders all HTML; this file only puts it where it belongs.

import { Sender } from "./composer.js";
import { addCopyButtons } from "./page.js";
import { Follower, Revealer, Speaker, keepPlace } from "./reveal.js";

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
    this.sender = new Sender(this, this.composer);
    keepPlace(this, this.messages, () => this.equip(this.messages));
    if ("live" in this.dataset) this.watch();
    document.addEventListener("visibilitychange", () => this.lookedAt());
    window.addEventListener("focus", () => this.lookedAt());
    new ResizeObserver(() => this.follower.stay()).observe(this.querySelector(".dock"));
  }

  disconnectedCallback() {
    this.unwatch();
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

  // The new messages of an answer; the stream may have brought them already. What else is in it?
  placeAll(html) {
    const answer = parse(html);
    for (const article of answer.querySelectorAll("article")) this.place(article, false);
    const rest = document.createElement("div");
    rest.append(answer);
    return rest.innerHTML;
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

  equip(root) {
    addCopyButtons(root, this.querySelector("#copy-button"));
  }

  notice(name, shown) {
    const notice = this.querySelector(`[data-notice="${name}"]`);
    if (!notice) return;
    notice.textContent = shown ? notice.dataset.words : "";
    notice.hidden = !shown;
  }
}

function isUnfinished({ dataset }) {
  return "unfinished" in dataset;
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

customElements.define("parley-chat", ParleyChat);
