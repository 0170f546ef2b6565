// Keyboard shortcuts: single keys, while no field has the focus, unless the person switched them off.
// What each key leads to is marked with `data-key`; `_keys.html` lists them.

const FIELDS = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

const OPENED = "opened-by-key";

const ACTIONS = {
  "?": () => listShortcuts(),
  n: () => activate("n"),
  "/": () => activate("/"),
  w: () => activate("w"),
  s: () => document.querySelector("[data-stop] button:enabled")?.click(),
  c: () => [...document.querySelectorAll(".assistant .actions [data-copy]")].at(-1)?.click(),
  j: () => openChat(1),
  k: () => openChat(-1),
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const inField = event.target.closest?.(FIELDS);
  if (event.key === "Escape") {
    if (inField) inField.blur();
  } else if (!inField && isShortcut(event)) {
    event.preventDefault();
    ACTIONS[event.key]();
  }
});

function isShortcut(event) {
  const modified = event.ctrlKey || event.altKey || event.metaKey;
  if (modified || event.repeat || event.defaultPrevented) return false;
  if (!("keys" in document.documentElement.dataset)) return false;
  return Object.hasOwn(ACTIONS, event.key) && !document.querySelector("dialog[open]");
}

// Presses the button or link with this key; focuses a field, in the drawer too.
function activate(key) {
  const element = document.querySelector(`[data-key="${key}"]`);
  if (element?.matches("button, a")) return element.click();
  if (element && !element.checkVisibility()) element.closest("[popover]")?.showPopover();
  element?.focus();
}

// Opens the chat that many steps down the list. There the focus is on its link, so that the same key
// leads on.
function openChat(step) {
  const links = [...document.querySelectorAll(".chat-list a")];
  const current = links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = links[current < 0 && step < 0 ? 0 : current + step];
  try {
    if (next) sessionStorage.setItem(OPENED, next.href);
  } catch {}
  next?.click();
}

function keepKeys() {
  try {
    if (sessionStorage.getItem(OPENED) !== location.href) return;
    sessionStorage.removeItem(OPENED);
  } catch {
    return;
  }
  document.activeElement.blur();
  document.querySelector(".chat-list [aria-current]")?.focus({ preventScroll: true });
}

// After the field has taken the focus.
addEventListener("load", () => setTimeout(keepKeys));

// --- the list of shortcuts ---

let dialog; // the promise of it: it is fetched once

async function listShortcuts() {
  try {
    dialog ??= fetchDialog();
    (await dialog).showModal();
  } catch {
    location.assign("/keys"); // the page says what went wrong
  }
}

async function fetchDialog() {
  const response = await fetch("/keys", { headers: { "HX-Request": "true" } });
  if (!response.ok) throw new Error(response.status);
  document.body.insertAdjacentHTML("beforeend", await response.text());
  return document.getElementById("keys");
}

for (const button of document.querySelectorAll("[data-show-keys]")) {
  button.querySelector("span").textContent = button.dataset.words;
  button.hidden = false;
  button.addEventListener("click", listShortcuts);
}
