// Drafts: what was typed and not sent survives a reload. A tab has its own draft; what was typed
// last in any tab is the draft of the next new one. Browsers that refuse to store have no drafts.

const PREFIX = "draft:";
export const NEW = "new"; // what a chat is to begin with
export const MESSAGE_FILE = "message.txt"; // that a long text becomes
const ATTACHED = "attached"; // a text that is on its way as a file
const HANDED = "handed"; // the same, while its files are on their way

// Whoever has no session any more leaves no drafts behind.
if (document.querySelector("[data-forget-drafts]")) forgetDrafts();

// Keeps what is typed into `field`, one draft for each `name`. A field's text is taken out when it is
// sent, and the draft with it. A message that was stored without this script noticing is
// recognised by its text.
export function keepDraft(field, name, original = "") {
  const key = PREFIX + name;
  forgetAttached(name);
  const stored = read(key);
  const sent = [...document.querySelectorAll(".message.user .body")].at(-1)?.textContent;
  if (sent && read(PREFIX + NEW) === sent) write(PREFIX + NEW, ""); // it has begun this chat
  if (stored && field.value === original && stored !== sent) field.value = stored;
  const keep = () => write(key, field.value === original ? "" : field.value);
  let isNew = !sent; // and not in the list: what is typed is the draft of home, too
  field.addEventListener("input", () => {
    keep();
    if (isNew) write(PREFIX + NEW, field.value);
    isNew = !document.querySelector(".message.user");
  });
  keep();
}

// The same for a message that is edited: sent or cancelled, its draft is gone.
export function keepDraftOfEdit(field, name) {
  keepDraft(field, name, field.defaultValue);
  const forget = () => write(PREFIX + name, "");
  field.form.addEventListener("submit", forget);
  field.form.querySelector("[data-cancel]").addEventListener("click", forget);
}

// The draft of home becomes a file of the chat that this begins. Until it is there, the text stays.
export function attachDraft() {
  write(PREFIX + ATTACHED, read(PREFIX + NEW) ?? "");
}

function forgetAttached(name) {
  const files = [...document.querySelectorAll(".document-list a")].map((link) => link.textContent);
  const isThere = name !== NEW && files.includes(MESSAGE_FILE);
  const text = read(PREFIX + ATTACHED);
  if (isThere && text && text === read(PREFIX + NEW)) write(PREFIX + NEW, "");
  write(PREFIX + ATTACHED, "");
}

// The draft of home goes along into the chat that files begin.
export function handOverDraft() {
  write(PREFIX + HANDED, read(PREFIX + NEW) ?? "");
  write(PREFIX + NEW, "");
}

export function adoptDraft(name) {
  const handed = read(PREFIX + HANDED);
  if (!handed) return;
  write(PREFIX + name, handed);
  write(PREFIX + HANDED, "");
}

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

function forgetDrafts() {
  try {
    for (const store of [localStorage, sessionStorage]) {
      for (const key of Object.keys(store)) if (key.startsWith(PREFIX)) store.removeItem(key);
    }
  } catch {}
}
