// What every page has: the clock's cookie, keys, copying, and a menu and a drawer that close.

const YEAR_SECONDS = 365 * 24 * 60 * 60;
const DONE_MS = 2000;
const WIDE = "(width >= 60rem)"; // where the drawer is a sidebar, as in side.css
const FIELDS = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

// --- the clock: the server shows times by it ---

const offset = `utc_offset=${-new Date().getTimezoneOffset()}`;
if (!document.cookie.split("; ").includes(offset)) {
  document.cookie = `${offset}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
}

// --- drafts: of chats that can't be written in any more, none may stay ---

if (document.querySelector("[data-stranger]")) {
  try {
    for (const store of [localStorage, sessionStorage]) {
      for (const key of Object.keys(store)) if (key.startsWith("draft:")) store.removeItem(key);
    }
  } catch {}
}

// --- keys ---

const ACTIONS = {
  "?": () => listKeys(),
  n: () => act("n"),
  "/": () => act("/"),
  w: () => act("w"),
  s: () => document.querySelector("[data-stop] button:enabled")?.click(),
  c: () => [...document.querySelectorAll(".assistant .actions [data-copy]")].at(-1)?.click(),
  j: () => goTo(1),
  k: () => goTo(-1),
};

function act(key) {
  const element = document.querySelector(`[data-key="${key}"]`);
  if (element?.matches("button")) return element.click();
  if (element && !element.checkVisibility()) element.closest("[popover]")?.showPopover();
  element?.focus();
}

let keys; // asked for once

async function listKeys() {
  try {
    keys ??= fetchText("/keys", { "HX-Request": "true" }).then((html) => {
      document.body.insertAdjacentHTML("beforeend", html);
      return document.getElementById("keys");
    });
    (await keys).showModal();
  } catch {
    location.assign("/keys"); // which says what is the matter
  }
}

function goTo(step) {
  const links = [...document.querySelectorAll(".chat-list a")];
  const current = links.findIndex((link) => link.hasAttribute("aria-current"));
  links[current < 0 && step < 0 ? 0 : current + step]?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    closeMenu(true);
    if (event.target.closest?.(FIELDS) && !event.isComposing) event.target.blur();
    return;
  }
  if (!("keys" in document.documentElement.dataset) || document.querySelector("dialog[open]")) return;
  if (event.defaultPrevented || event.repeat) return;
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target.closest?.(FIELDS) || !Object.hasOwn(ACTIONS, event.key)) return;
  event.preventDefault();
  ACTIONS[event.key]();
});

for (const button of document.querySelectorAll("[data-show-keys]")) {
  button.querySelector("span").textContent = button.dataset.words;
  button.parentElement.hidden = false;
  button.addEventListener("click", listKeys);
}

// --- the menu, the list of chats, and the drawer ---

function closeMenu(byKey = false) {
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  if (byKey) menu.querySelector("summary").focus();
}

document.addEventListener("click", ({ target }) => {
  if (!target.closest("details.menu")) closeMenu();
});
document.addEventListener("focusin", ({ target }) => {
  if (!target.closest("details.menu")) closeMenu();
});

// The chat that is open is in sight, however far down the list it stands.
const current = document.querySelector(".side .chat-list [aria-current]");
const list = current?.closest(".chat-groups");
if (list && current.offsetTop > list.offsetTop + list.clientHeight) {
  list.scrollTop = current.offsetTop - list.offsetTop - list.clientHeight / 2;
}

matchMedia(WIDE).addEventListener("change", () => {
  const side = document.getElementById("side");
  if (side?.matches(":popover-open")) side.hidePopover();
});

// --- copying: the text at the address in data-copy, or that of the code around the button ---

// Adds the buttons that need a script, made from `template`: for a message, and for code in it.
export function addCopyButtons(root, template) {
  const make = (address) => {
    const button = template.content.firstElementChild.cloneNode(true);
    button.querySelector("span").textContent = button.dataset.words;
    button.dataset.copy = address;
    return button;
  };
  const has = (place) => place.querySelector(":scope > [data-copy]");
  for (const figure of root.querySelectorAll("figure.code")) {
    if (!has(figure) && !figure.closest(".open")) figure.append(make(""));
  }
  for (const more of root.querySelectorAll(".actions > [data-more]")) {
    if (!has(more.parentElement)) more.before(make(more.getAttribute("href")));
  }
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const address = button.dataset.copy;
  const text = address ? fetchText(address, { Accept: "text/plain" }) : button.closest("figure").querySelector("pre").textContent;
  try {
    await write(text);
    answer(button, button.dataset.done, "check");
  } catch {
    answer(button, button.dataset.failed, "close");
  }
});

async function fetchText(address, headers) {
  const response = await fetch(address, { headers });
  if (!response.ok) throw new Error(response.status);
  return response.text();
}

// Safari wants to be asked within the click, so it is given the promise of a text.
async function write(text) {
  if (!navigator.clipboard) return writeWithoutClipboard(await text);
  if (typeof text === "string") return navigator.clipboard.writeText(text);
  const blob = text.then((words) => new Blob([words], { type: "text/plain" }));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

// On a plain http address other than localhost browsers offer no clipboard.
function writeWithoutClipboard(text) {
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  const before = document.activeElement;
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  if (!done) throw new Error("copy");
}

// For a moment the button says how it went, to the eye and to a screen reader.
const said = new WeakMap();

function answer(button, words, icon) {
  show(button, words, icon);
  document.querySelector("[data-announce]")?.append(`${words} `);
  clearTimeout(said.get(button));
  said.set(
    button,
    setTimeout(() => {
      show(button, button.dataset.words, "copy");
      document.querySelector("[data-announce]")?.replaceChildren();
    }, DONE_MS),
  );
}

function show(button, words, icon) {
  const use = button.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
  button.title = button.querySelector("span").textContent = words;
}
