// Makes a chat page live: a message that is sent and the growing reply appear in place. The server
// renders all HTML; this element only puts it where it belongs. It is served with all that it imports,
// as one file: app/assets.py.

import { Branches } from "./branches.js";
import "./composer.js";
import "./documents.js";
import { addCopyButtons } from "./copying.js";
import "./recordings.js";
import { Revealer } from "./reveal.js";
import { Follower, keepScrollPosition } from "./scrolling.js";
import { Sender } from "./sending.js";
import { Speaker } from "./speaking.js";
import { StopButton } from "./stop_button.js";
import { WaitingMark } from "./waiting.js";
import { Watcher } from "./watching.js";

class ParleyChat extends HTMLElement {
  connectedCallback() {
    this.correctAddress();
    this.messages = this.querySelector("#messages");
    this.composer = this.querySelector("#composer");
    this.prompt = this.composer?.elements.prompt;
    this.follower = new Follower(this.querySelector("[data-below]"), this.prompt);
    this.revealer = new Revealer(() => this.follower.follow());
    this.speaker = new Speaker(this.querySelector("[data-announce]"));
    this.mark = new WaitingMark(this);
    this.watcher = new Watcher(this, {
      message: ({ html }) => this.showMessage(html),
      status: (status) => this.showStatus(status),
      text: (text) => this.showText(text),
      notice: ({ away }) => this.setAway(away),
      moved: () => this.reload(),
    });
    this.addButtons(this.messages);
    this.tellRefused();
    for (const reply of this.messages.querySelectorAll("[data-unfinished]")) this.speak(reply);
    new Sender(this, this.composer);
    this.branches = new Branches(this);
    if (this.composer) {
      this.stopButton = new StopButton(this.messages, this.composer, this.querySelector("#stop-button"));
    }
    keepScrollPosition(this, this.messages, () => this.addButtons(this.messages));
    if ("live" in this.dataset) this.watcher.start();
    this.mark.rest();
    document.addEventListener("visibilitychange", () => this.update());
    window.addEventListener("focus", () => this.update());
    document.addEventListener("parley:listed", ({ detail: head }) => {
      if (this.gone || head !== this.lastMessage()?.id.slice(2)) this.update();
    });
    new ResizeObserver(() => this.follower.stay()).observe(this.querySelector(".dock"));
  }

  // A form's answer may be this page at the form's address, which a reload would send again.
  correctAddress() {
    const address = `/chats/${this.dataset.chat}`;
    if (location.pathname !== address) history.replaceState(null, "", address);
  }

  disconnectedCallback() {
    this.watcher.stop();
  }

  // Another window may have written meanwhile. A stream that finds nothing new ends at once.
  update() {
    if (document.hidden) return;
    if (this.title) document.title = this.title;
    this.title = "";
    if (this.composer && !this.branches.changing) this.watcher.start();
  }

  // But not on a phone, where a keyboard would come up.
  focusPrompt() {
    if (!matchMedia("(pointer: coarse)").matches) this.prompt?.focus({ preventScroll: true });
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

  // The stream's version of a message is the newest one. It may be one of which only the answer to
  // its form was lost.
  showMessage(html) {
    const article = parse(html).querySelector("article");
    const text = article.matches(".user") && article.querySelector(".body").textContent;
    if (text && text === this.prompt?.value) this.notice("unsent", false);
    this.put(article, true);
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

  // A branch from its first new message on, in place of what was below the message above that one.
  // Returns that message and the rest of the answer.
  showBranch(html) {
    const answer = parse(html);
    const news = [...answer.querySelectorAll("article, .memory")];
    const first = news.find((part) => part.matches("article"));
    const end = this.messages.querySelector("#end");
    const stays = (part) => part?.id === `m-${first.dataset.parent}` || part?.matches(".earlier");
    while (end.previousElementSibling && !stays(end.previousElementSibling)) {
      end.previousElementSibling.remove();
    }
    for (const part of news) {
      end.before(part);
      if (part.matches("article")) this.begin(part);
    }
    const rest = document.createElement("div");
    rest.append(answer);
    return { first, rest: rest.innerHTML };
  }

  // A message that is on the page already stays as it is, or is replaced.
  put(article, replace) {
    const old = document.getElementById(article.id);
    if (old && (!replace || old.matches(".editing"))) return article.remove();
    if (old) this.replace(old, article);
    else this.insert(article);
    if (old && isUnfinished(old) && !isUnfinished(article)) this.end(article);
    this.begin(article);
  }

  // What is to be done with each message that comes on the page.
  begin(article) {
    if (isUnfinished(article)) {
      this.mark.rest();
      this.speak(article);
    }
    this.addButtons(article);
    window.htmx?.process(article);
    this.stopButton?.update();
  }

  // What is written of it from now on is read out.
  speak(article) {
    const text = article.querySelector(".body").textContent;
    const open = article.querySelector(".open")?.textContent ?? "";
    this.speaker.begin(article.id, text.slice(0, text.length - open.length), open);
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
    if (document.querySelector("#notices [data-problem=branch-moved]")) setRefused("1");
    location.reload();
  }

  // What was said of a message before the page was reloaded.
  tellRefused() {
    if (!setRefused("")) return;
    this.notice("moved", true);
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
    this.stopButton?.update();
    this.follower.stay();
  }

  // `closed` are the blocks that stay, `open` is the one that still grows.
  showText({ id, closed, open }) {
    const block = document.querySelector(`#m-${id} .open`);
    if (!block) return;
    this.mark.rest();
    const [ended, growing] = [parse(closed), parse(open)];
    this.speaker.hear(`m-${id}`, ended.textContent, growing.textContent);
    this.addButtons(ended);
    block.before(ended);
    this.revealer.show(block, growing, closed !== "");
  }

  // Told in the list, to a screen reader, and in the title if another tab is in front.
  end(article) {
    if (!this.hasUnfinished()) document.querySelector("[aria-current] + .writing")?.remove();
    const text = article.querySelector(".body").textContent;
    const state = [...article.querySelectorAll("[data-status] > :not(details)")];
    this.speaker.end(article.id, text, state.map(({ textContent }) => textContent).join(" "));
    if (!document.hidden || this.title) return;
    this.title = document.title;
    document.title = this.querySelector("#ready-title").dataset.words;
  }

  // What nobody answered can be done again once somebody does. A message that was not sent still is
  // in the field, and what is said of it stays.
  setAway(away) {
    if (this.away && !away) this.notice("undone", false);
    this.away = away;
    this.notice("away", away);
  }

  // `page` is what is shown instead of a chat that is gone: with Undo if it can be restored, else with
  // the reason; empty if the chat is there. What is typed stays, but can't be sent.
  setGone(page) {
    this.gone = Boolean(page);
    this.querySelector("#gone").replaceChildren((page && parse(page).querySelector(".done, .problem")) || "");
    if (this.composer) this.composer.querySelector(".send").disabled = this.gone;
  }

  notice(name, shown) {
    const notice = this.querySelector(`[data-notice="${name}"]`);
    if (!notice) return;
    notice.textContent = shown ? notice.dataset.words : "";
    notice.hidden = !shown;
  }
}

// Whether a message was refused before a reload; what there was before.
function setRefused(value) {
  try {
    const before = sessionStorage.getItem("refused");
    sessionStorage.setItem("refused", value);
    return before;
  } catch {
    return "";
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
