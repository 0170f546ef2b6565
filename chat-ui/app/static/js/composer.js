// The composer and its like: text fields that grow, send by Enter and tell how much room is left;
// and what becomes of a message that is sent. Drafts are in drafts.js.

import { NEW, keepDraft, keepDraftOfEdit } from "./drafts.js";

const SHOWN_FROM = 0.8; // of the limit
const COMPOSING = 229; // the keyCode of a key that an input method has taken
const PAUSE_MS = 300; // a screen reader needn't hear every number

for (const field of document.querySelectorAll("textarea[data-limit]")) {
  const form = field.form;
  const chat = document.querySelector("[data-chat]")?.dataset.chat ?? NEW;
  const edited = field.closest(".editing")?.id;
  if (edited) keepDraftOfEdit(field, `${chat}:${edited}`);
  else keepDraft(field, chat);
  sendByEnter(field, form);
  grow(field);
  showRoom(field, form.querySelector("[data-left]"));
  takeFocus(field);
}

// Back to a home page that the browser has kept as it was: what stands in it is sent already.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && !document.querySelector("[data-chat]")) location.reload();
});

// Browsers ignore `autofocus` if the address has a fragment, and move the focus there when the page
// has loaded. If that is where the field is, the field gets the focus.
function takeFocus(field) {
  const target = document.getElementById(location.hash.slice(1));
  if (!field.autofocus || !target || !(target.id === "end" || target.contains(field))) return;
  addEventListener("load", () => field.focus({ preventScroll: true }));
}

function sendByEnter(field, form) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    // Safari ends a composition before this Enter; on a phone there is no Shift+Enter.
    if (event.keyCode === COMPOSING || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    if (field.value) form.requestSubmit();
  });
}

// Where the style sheet can't make it grow.
function grow(field) {
  if (CSS.supports("field-sizing", "content")) return;
  const fit = () => {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  };
  field.addEventListener("input", fit);
  fit();
}

// How many bytes are left, once most of them are used.
function showRoom(field, room) {
  const limit = Number(field.dataset.limit);
  let timer;
  const show = () => {
    const left = limit - countBytes(field.value);
    const words = left < 0 ? room.dataset.over : room.dataset.left;
    room.hidden = left > limit * (1 - SHOWN_FROM);
    room.classList.toggle("over", left < 0);
    room.textContent = room.hidden
      ? ""
      : words.replace("…", Math.abs(left).toLocaleString(document.documentElement.lang));
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE_MS);
  });
  show();
}

function countBytes(text) {
  return new TextEncoder().encode(text.replaceAll("\r\n", "\n")).length;
}

// Sends the composer's form through htmx, so that the page stays; `chat` shows the answer.
export class Sender {
  constructor(chat, form) {
    this.chat = chat;
    this.form = form;
    this.prompt = form?.elements.prompt;
    chat.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
      this.keepFocus(elt);
      for (const name of ["unsent", "too-large", "undone"]) chat.notice(name, false);
      if (elt === form) this.begin();
    });
    chat.addEventListener("htmx:beforeSwap", ({ detail }) => this.takeAnswer(detail));
    chat.addEventListener("htmx:afterRequest", ({ detail }) => {
      if (detail.successful) {
        if (detail.elt === form) this.end();
      } else if (!explainsItself(detail.xhr)) {
        chat.notice(this.findNotice(detail), true);
      }
    });
  }

  // The Stop button goes away, so the focus goes to the field; but not on a phone, where a keyboard
  // would come up.
  keepFocus(element) {
    const byFinger = matchMedia("(pointer: coarse)").matches;
    if (element.matches("[data-stop]") && !byFinger) this.prompt?.focus();
  }

  begin() {
    this.form.querySelector("#notices").replaceChildren();
    this.sent = this.prompt.value;
    this.since = this.chat.lastFinal();
  }

  // The words for a request that failed without words of its own.
  findNotice({ elt, xhr }) {
    if (elt !== this.form) return "undone";
    return xhr.status === 413 ? "too-large" : "unsent";
  }

  takeAnswer(detail) {
    if (detail.xhr.status >= 400) {
      // A refusal brings its own notice, out of band. A gateway's page must not be swapped in.
      detail.shouldSwap = explainsItself(detail.xhr);
      detail.swapOverride = "none";
    } else if (detail.requestConfig.elt === this.form) {
      detail.serverResponse = this.chat.showNew(detail.serverResponse);
    }
  }

  end() {
    if (this.prompt.value === this.sent) {
      this.prompt.value = "";
      this.prompt.dispatchEvent(new Event("input", { bubbles: true }));
    }
    this.chat.querySelector(".empty")?.remove();
    const listed = document.querySelector(".chat-list [aria-current] span");
    if (listed) listed.textContent = document.getElementById("chat-title").textContent;
    this.chat.follower.goToEnd();
    this.chat.watcher.start(this.since);
  }
}

function explainsItself(xhr) {
  return Boolean(xhr.response?.includes('id="notices"'));
}
