// The composer and its like: text fields that grow, send by Enter and tell how much room is left.
// Drafts are in drafts.js.

import { NEW, keepDraft, keepDraftOfEdit } from "./drafts.js";
import { countWords, estimateTokens } from "./tokens.js";

const SHOWN_FROM = 0.8; // of the limit
const COMPOSING = 229; // the keyCode of a key that an input method has taken
const PAUSE_MS = 300; // a screen reader needn't hear every number

for (const field of document.querySelectorAll("textarea[data-limit]")) {
  const form = field.form;
  const chat = document.querySelector("[data-chat]")?.dataset.chat ?? NEW;
  const edited = field.closest(".editing")?.id;
  if (edited) keepDraftOfEdit(field, `${chat}:${edited}`);
  else keepDraft(field, chat);
  if (edited) cancelByEscape(field, form);
  sendByEnter(field, form);
  grow(field);
  showRoom(field, form, form.querySelector(".room"));
  takeFocus(field);
}

// Back to a home page that the browser has kept as it was: what is in it is sent already.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && !document.querySelector("[data-chat]")) location.reload();
});

// An edit begins at the end of its text, and Escape cancels it: without a question if nothing was
// changed.
function cancelByEscape(field, form) {
  field.setSelectionRange(field.value.length, field.value.length);
  const cancel = form.querySelector("[data-cancel]");
  const changed = () => field.value !== field.defaultValue || form.querySelector(".problem");
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation(); // any other field it would only leave
    if (!changed() || confirm(cancel.dataset.cancel)) cancel.click();
  });
}

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

// How much of its room a text uses, once that is most of it: of the bytes that are accepted, or about
// of the tokens that the model has room for, whichever is scarcer. A text that the model certainly
// can't read is not sent.
function showRoom(field, form, room) {
  let timer;
  const show = () => {
    const { words, over } = describeRoom(field, room);
    room.hidden = !words;
    room.classList.toggle("over", over);
    room.textContent = words;
  };
  const check = () => {
    const { limit, context } = numbers(field);
    const least = countWords(field.value);
    field.setCustomValidity(least > context ? fill(room.dataset.tooLong, least, context) : "");
    if (countBytes(field.value) <= limit) forgetSize(form);
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE_MS);
  };
  field.addEventListener("input", check);
  check();
  show();
}

function describeRoom(field, room) {
  const { limit, tokens, context } = numbers(field);
  if (field.validity.customError) return { words: field.validationMessage, over: true };
  const [bytes, estimate] = [countBytes(field.value), estimateTokens(field.value)];
  const used = Math.max(bytes / limit, estimate / tokens);
  if (used < SHOWN_FROM) return { words: "", over: false };
  if (estimate / tokens === used) {
    return { words: fill(room.dataset.tokens, estimate, tokens), over: used > 1 };
  }
  const words = used > 1 ? room.dataset.bytesOver : room.dataset.bytes;
  return { words: fill(words, Math.abs(limit - bytes)), over: used > 1 };
}

function numbers({ dataset: { limit, tokens, context } }) {
  return { limit: Number(limit), tokens: Number(tokens), context: Number(context) };
}

// Puts the numbers where the words have dots.
function fill(words, ...numbers) {
  const { lang } = document.documentElement;
  return numbers.reduce((filled, n) => filled.replace("…", n.toLocaleString(lang)), words);
}

// What was said of a text that was too long.
function forgetSize(form) {
  for (const problem of form.querySelectorAll("[data-problem$=-too-large]")) problem.remove();
  const notice = form.querySelector("[data-notice=too-large]");
  if (notice) notice.hidden = true;
}

function countBytes(text) {
  return new TextEncoder().encode(text.replaceAll("\r\n", "\n")).length;
}
