// The composer and its like: text fields that grow, send by Enter and tell how much room is left.
// Drafts are in drafts.js.

import { NEW, adoptDraft, keepDraft, keepDraftOfEdit } from "./drafts.js";
import { countWords, estimateTokens } from "./tokens.js";

const SHOWN_FROM = 0.8; // of the limit
const COMPOSING = 229; // the keyCode of a key that an input method has taken
const PAUSE_MS = 300; // a screen reader needn't hear every number

for (const field of document.querySelectorAll("textarea[data-limit]")) {
  const form = field.form;
  const chat = document.querySelector("[data-chat]")?.dataset.chat ?? NEW;
  const edited = field.closest(".editing")?.id;
  if (!edited) adoptDraft(chat);
  if (form.dataset.tools) offerTools(field, form);
  if (edited) keepDraftOfEdit(field, `${chat}:${edited}`);
  else keepDraft(field, chat);
  if (edited) leaveByBack(form);
  if (edited) letCancel(field, form);
  sendByEnter(field, form);
  stayWhileAway(form);
  grow(field);
  showRoom(field, form, form.querySelector(".room"));
  takeFocus(field);
}

// Their list is loaded when a message begins with "/" for the first time. Where scripts run, the menu
// writes a tool's name.
function offerTools(field, form) {
  const load = async () => {
    if (!field.value.startsWith("/")) return;
    field.removeEventListener("input", load);
    (await import(form.dataset.tools)).offerTools(field, form);
  };
  field.addEventListener("input", load);
  for (const button of form.querySelectorAll("[name=tool]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      button.closest("details").open = false;
      field.value = `/${button.value} ${field.value}`;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    });
  }
}

// Back to a page that the browser has kept as it was: what is in its form is sent already.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && !document.querySelector("parley-chat #composer")) location.reload();
});

// Once an edit is sent, Back leads to the chat.
function leaveByBack(form) {
  form.addEventListener("submit", () => history.replaceState(null, "", location.pathname));
}

// An edit begins at the end of its text, and Escape cancels it: without a question if nothing was
// changed. Back doesn't lead to it again.
function letCancel(field, form) {
  field.setSelectionRange(field.value.length, field.value.length);
  const cancel = form.querySelector("[data-cancel]");
  const changed = () => field.value !== field.defaultValue || form.querySelector(".problem");
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation(); // any other field it would only leave
    if (!changed() || confirm(cancel.dataset.cancel)) cancel.click();
  });
  cancel.addEventListener("click", (event) => {
    event.preventDefault();
    location.replace(cancel.href);
  });
}

// Browsers ignore `autofocus` if the address has a fragment, and move the focus there when the page
// has loaded. If that is where the field is, the field gets the focus.
function takeFocus(field) {
  const target = document.getElementById(location.hash.slice(1));
  if (!field.autofocus || !target || !(target.id === "end" || target.contains(field))) return;
  addEventListener("load", () => field.focus({ preventScroll: true }));
}

// At home, while nobody answers: what would come is the browser's own page.
function stayWhileAway(form) {
  form.addEventListener("submit", (event) => {
    const away = document.querySelector(".home [data-notice=away]:not([hidden])");
    if (!away) return;
    event.preventDefault();
    const notice = form.querySelector("[data-notice=unsent]");
    notice.textContent = notice.dataset.words;
    notice.hidden = false;
  });
}

function sendByEnter(field, form) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    // Safari ends a composition before this Enter; on a phone there is no Shift+Enter.
    if (event.keyCode === COMPOSING || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    if (field.value.trim()) form.querySelector(".primary").click();
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

// What there is to say of a text's length: how many letters are left, once most of the room is used;
// that the reply may be cut short; or how many letters are too many. What the model has room for is
// estimated, so only a text that is certainly too long is not sent.
function showRoom(field, form, room) {
  let timer;
  const show = () => {
    const { words, over } = describeRoom(field, room.dataset);
    room.hidden = !words;
    room.classList.toggle("over", over);
    room.textContent = words;
  };
  const check = () => {
    const tooLong = isCertainlyTooLong(field);
    const isBlank = field.value && !field.value.trim();
    field.setCustomValidity(tooLong || isBlank ? room.dataset.tooLong : "");
    field.setAttribute("aria-invalid", tooLong);
    if (!tooLong) forgetSize(form);
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE_MS);
  };
  field.addEventListener("input", check);
  // Without the browser's bubble, which would cover the words.
  field.addEventListener("invalid", (event) => {
    if (!field.validity.customError) return;
    event.preventDefault();
    field.focus();
    show();
  });
  check();
  show();
}

function describeRoom(field, words) {
  const { limit, tokens, most } = numbers(field);
  const letters = [...field.value].length;
  const [bytes, estimate] = [countBytes(field.value), estimateTokens(field.value)];
  // How many letters of the same kind have room beside at least the beginning of a reply, or more.
  const room = (tokens) => Math.min(limit / bytes, tokens / estimate) * letters;
  if (letters > room(most)) {
    const certainly = isCertainlyTooLong(field) ? words.tooLong : words.probably;
    return { words: fill(certainly, -roundDown(room(most) - letters)), over: true };
  }
  if (estimate > tokens) return { words: words.long, over: false };
  const nearly = letters > SHOWN_FROM * room(tokens);
  return { words: nearly ? fill(words.left, roundDown(room(tokens) - letters)) : "", over: false };
}

function isCertainlyTooLong(field) {
  const { limit, context } = numbers(field);
  return countBytes(field.value) > limit || countWords(field.value) > context;
}

function numbers({ dataset: { limit, tokens, most, context } }) {
  return { limit: Number(limit), tokens: Number(tokens), most: Number(most), context: Number(context) };
}

// To two digits, and to tens.
function roundDown(letters) {
  const unit = 10 ** Math.max(1, Math.floor(Math.log10(Math.abs(letters))) - 1);
  return Math.floor(letters / unit) * unit;
}

// Puts the number where the words have dots.
function fill(words, number) {
  return words.replace("…", number.toLocaleString(document.documentElement.lang));
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
