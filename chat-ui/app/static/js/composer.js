// Writing messages: the fields grow, Enter sends, a draft stays, a limit is told; and what becomes
// of a message that is sent.

const TOLD_FROM = 0.8; // of the limit
const COMPOSING = 229; // the keyCode of a key that an input method has taken
const PAUSE_MS = 300; // a screen reader needn't hear every number

for (const field of document.querySelectorAll("textarea[data-limit]")) {
  const form = field.form;
  const chat = document.querySelector("[data-chat]")?.dataset.chat;
  const edited = field.closest(".editing")?.id;
  if (edited) keepDraftOfEdit(field, `draft:${chat}:${edited}`);
  else keepDraft(field, `draft:${chat}`, "");
  sendByEnter(field, form);
  grow(field);
  tellRoom(field, form.querySelector("[data-left]"));
  takeFocus(field);
}

// Browsers ignore `autofocus` where an address names a place, and take the focus there once all is
// loaded; here that place is the field's own.
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

// What is sent is taken out of the field, and so out of the draft. A message that was stored without
// this script noticing is known by its text.
function keepDraft(field, key, original) {
  const stored = read(key);
  const sent = [...document.querySelectorAll(".message.user .body")].at(-1)?.textContent;
  if (stored && field.value === original && stored !== sent) field.value = stored;
  const keep = () => write(key, field.value === original ? "" : field.value);
  field.addEventListener("input", keep);
  keep();
}

// Sent, or not wanted: then there is no draft any more.
function keepDraftOfEdit(field, key) {
  keepDraft(field, key, field.defaultValue);
  field.form.addEventListener("submit", () => write(key, ""));
  field.form.querySelector("a.button").addEventListener("click", () => write(key, ""));
}

// A tab has its own draft; what was typed last in any goes into the next new one. Some browsers
// refuse to store anything; then there are no drafts.
function read(key) {
  try {
    return sessionStorage.getItem(key) ?? localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key, text) {
  try {
    const before = sessionStorage.getItem(key);
    sessionStorage.setItem(key, text);
    if (text) localStorage.setItem(key, text);
    else if (localStorage.getItem(key) === before) localStorage.removeItem(key);
  } catch {}
}

function tellRoom(field, room) {
  const limit = Number(field.dataset.limit);
  let timer;
  const tell = () => {
    const left = limit - count(field.value);
    const words = left < 0 ? room.dataset.over : room.dataset.left;
    room.hidden = left > limit * (1 - TOLD_FROM);
    room.classList.toggle("over", left < 0);
    room.textContent = room.hidden
      ? ""
      : words.replace("…", Math.abs(left).toLocaleString(document.documentElement.lang));
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE_MS);
  });
  tell();
}

function count(text) {
  return new TextEncoder().encode(text.replaceAll("\r\n", "\n")).length;
}

// Sends the form at the end of a chat by htmx, so that the page stays: `chat` shows the answer.
export class Sender {
  constructor(chat, form) {
    this.chat = chat;
    this.form = form;
    this.prompt = form?.elements.prompt;
    chat.addEventListener("htmx:beforeRequest", ({ detail }) => {
      // The Stop button goes away; the keyboard goes on where one writes.
      const byFinger = matchMedia("(pointer: coarse)").matches; // whose keyboard would come up
      if (detail.elt.matches("[data-stop]") && !byFinger) this.prompt?.focus();
      for (const name of ["unsent", "too-large", "undone"]) chat.notice(name, false);
      if (detail.elt === form) this.begin();
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

  begin() {
    this.form.querySelector("#notices").replaceChildren();
    this.sent = this.prompt.value;
    this.known = this.chat.since();
  }

  // What stands for a request that failed without words of its own.
  findNotice({ elt, xhr }) {
    if (elt !== this.form) return "undone";
    return xhr.status === 413 ? "too-large" : "unsent";
  }

  takeAnswer(detail) {
    if (detail.xhr.status >= 400) {
      // A refusal brings its own notice, out of band; a gateway's page must not be swapped in.
      detail.shouldSwap = explainsItself(detail.xhr);
      detail.swapOverride = "none";
    } else if (detail.requestConfig.elt === this.form) {
      detail.serverResponse = this.chat.placeAll(detail.serverResponse);
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
    this.chat.watch(this.known);
  }
}

function explainsItself(xhr) {
  return Boolean(xhr.response?.includes('id="notices"'));
}
