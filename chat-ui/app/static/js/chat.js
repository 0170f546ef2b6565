// Makes a chat page live: a message that is sent and the growing reply appear in place. The server
// renders all HTML; this element only puts it where it belongs.

import { Sender } from "./composer.js";
import { addCopyButtons } from "./copying.js";
import { Follower, Revealer, Speaker, keepScrollPosition } from "./reveal.js";
import { Watcher } from "./watching.js";

class ParleyChat extends HTMLElement {
  connectedCallback() {
    this.messages = this.querySelector("#messages");
    this.composer = this.querySelector("#composer");
    this.prompt = this.composer?.elements.prompt;
    this.follower = new Follower(this.querySelector("[data-below]"), this.prompt);
    this.revealer = new Revealer(() => this.follower.follow());
    this.speaker = new Speaker(this.querySelector("[data-announce]"));
    this.watcher = new Watcher(this, {
      message: ({ html }) => this.showMessage(html),
      status: (status) => this.showStatus(status),
      text: (text) => this.showText(text),
      notice: ({ away }) => this.notice("away", away),
      moved: () => this.reload(),
    });
    this.addButtons(this.messages);
    new Sender(this, this.composer);
    keepScrollPosition(this, this.messages, () => this.addButtons(this.messages));
    if ("live" in this.dataset) this.watcher.start();
    document.addEventListener("visibilitychange", () => this.update());
    window.addEventListener("focus", () => this.update());
    new ResizeObserver(() => this.follower.stay()).observe(this.querySelector(".dock"));
  }

  disconnectedCallback() {
    this.watcher.stop();
  }

  // Another tab may have written meanwhile. A stream that finds nothing new ends at once.
  update() {
    if (document.hidden) return;
    if (this.title) document.title = this.title;
    this.title = "";
    if (this.composer) this.watcher.start();
  }

  // --- what is on the page ---

  lastMessage() {
    return [...this.messages.querySelectorAll(".message")].at(-1);
  }

  hasUnfinished() {
    return this.messages.querySelector("[data-unfinished]") !== null;
  }

  // The number of the last message before the first unfinished one.
  lastFinal() {
    const unfinished = this.messages.querySelector("[data-unfinished]");
    return unfinished ? unfinished.dataset.seq - 1 : Number(this.lastMessage()?.dataset.seq ?? 0);
  }

  // --- messages ---

  // The stream's version of a message is the newest one.
  showMessage(html) {
    this.put(parse(html).querySelector("article"), true);
    this.follower.follow();
  }

  // The new messages in the answer to a form; the stream may have brought them already. Returns the
  // rest of the answer.
  showNew(html) {
    const answer = parse(html);
    for (const article of answer.querySelectorAll("article")) this.put(article, false);
    const rest = document.createElement("div");
    rest.append(answer);
    return rest.innerHTML;
  }

  // A message that is on the page already stays as it is, or is replaced.
  put(article, replace) {
    const old = document.getElementById(article.id);
    if (old && (!replace || old.matches(".editing"))) return article.remove();
    const text = article.querySelector(".body").textContent;
    const open = article.querySelector(".open")?.textContent ?? "";
    if (old) this.replace(old, article);
    else this.insert(article);
    if (isUnfinished(article)) this.speaker.begin(article.id, text, text.length - open.length);
    else if (old && isUnfinished(old)) this.announceEnd(article, text);
    this.addButtons(article);
    window.htmx?.process(article);
  }

  // By its number.
  insert(article) {
    const later = [...this.messages.querySelectorAll(".message")].find(
      ({ dataset }) => Number(dataset.seq) > Number(article.dataset.seq),
    );
    const next = later ?? this.messages.querySelector("#end");
    this.checkBranch(article, next);
    this.messages.insertBefore(article, next);
  }

  replace(old, article) {
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(article);
    if (hadFocus) this.prompt?.focus({ preventScroll: true });
  }

  // A message whose parent is not the message above it belongs to a branch that was begun in another
  // tab. The page is reloaded, once for each such message.
  checkBranch({ id, dataset }, next) {
    let above = next.previousElementSibling;
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
    this.watcher.stop();
    if (this.querySelector(".editing")) return; // what is typed there would be lost
    location.reload();
  }

  addButtons(root) {
    addCopyButtons(root, this.querySelector("#copy-button"));
  }

  // --- a reply that is being written ---

  // If it can, it changes only the words: whoever has the focus on the Stop button keeps it.
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

  // `closed` are the blocks that stay, `open` is the one that still grows.
  showText({ id, closed, open }) {
    const block = document.querySelector(`#m-${id} .open`);
    if (!block) return;
    const [ended, growing] = [parse(closed), parse(open)];
    this.speaker.hear(`m-${id}`, ended.textContent, growing.textContent);
    this.addButtons(ended);
    block.before(ended);
    this.revealer.show(block, growing, closed !== "");
  }

  // To a screen reader, and in the title if another tab is in front.
  announceEnd(article, text) {
    const state = [...article.querySelectorAll("[data-status] > :not(details)")];
    this.speaker.end(article.id, text, state.map(({ textContent }) => textContent).join(" "));
    if (!document.hidden || this.title) return;
    this.title = document.title;
    document.title = this.querySelector("#ready-title").dataset.words;
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
