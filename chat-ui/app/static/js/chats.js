// The list of chats beside a page: it follows what other windows do, as long as the page is looked
// at, and tells the open chat when it has changed; chats are renamed and pinned in it; and it shows
// what is found as one types. The server renders all HTML.

const EVERY_MS = 3000;
const PAUSE_MS = 250; // after a letter
const GONE = [401, 404];
const FOUND_BY = "found-by";

const field = document.querySelector(".side [name=q]");
const list = () => document.querySelector(".side #chats");
let timer;
let newest = 0; // of the requests: an answer to an earlier one comes too late

// Asks for the list unless it is still the one that is here, or for what the field looks for.
async function update() {
  clearTimeout(timer);
  if (document.hidden || !list()) return;
  const query = field?.value.trim();
  const { version = "", current } = list().dataset;
  const address = query
    ? `/search?q=${encodeURIComponent(query)}`
    : `/chats?current=${current}&known=${version}`;
  const status = await load(address);
  showAway(status === 0 || status >= 500);
  if (GONE.includes(status)) {
    list().replaceChildren(); // of a session that has ended
    tellChat("");
  } else if (!query) timer = setTimeout(update, EVERY_MS);
}

async function load(address) {
  const number = ++newest;
  try {
    const response = await fetch(address, { headers: { "HX-Request": "true" } });
    const html = await response.text();
    if (response.status === 200 && number === newest) show(html);
    return response.status;
  } catch {
    return 0;
  }
}

// At home; an open chat says so itself.
function showAway(isAway) {
  const notice = document.querySelector(".home [data-notice=away]");
  if (!notice || notice.hidden === !isAway) return;
  notice.hidden = !isAway;
  notice.textContent = isAway ? notice.dataset.words : "";
}

// What somebody does in the list is not taken away: an open menu stays, and so does the focus.
function show(html) {
  const old = list();
  if (old.querySelector("details[open]")) return;
  const row = old.querySelector("li:focus-within");
  const focused = row?.querySelector(":focus").localName; // its link, or its menu's button
  const { scrollTop } = old;
  const { current, head } = old.dataset;
  old.insertAdjacentHTML("afterend", html);
  old.remove();
  list().dataset.current = current;
  list().dataset.head ??= head; // what is found has none
  list().scrollTop = scrollTop;
  if (row) findRow(row.querySelector("a").pathname)?.querySelector(focused).focus();
  followTitle();
  if (list().dataset.head !== head) tellChat(list().dataset.head);
}

// `head` is its last message; empty if the chat is not listed any more.
function tellChat(head) {
  document.dispatchEvent(new CustomEvent("parley:listed", { detail: head }));
}

function findRow(address) {
  return list().querySelector(`li:has(> a[href^="${address}"])`);
}

// The open chat may have been renamed.
function followTitle() {
  const heading = document.getElementById("chat-title");
  const title = list().querySelector("[aria-current]")?.textContent;
  if (!heading || !title || heading.textContent === title) return;
  document.title = document.title.replace(heading.textContent, title);
  heading.textContent = title;
}

// A chat is renamed or pinned without leaving the page. If that is refused, the form is sent as it
// would be without scripts: the answer says why. So is a deletion, which leads to another page.
async function change(event) {
  const { target: form, submitter: button } = event;
  if (!form.matches(".side .row-menu form") || "refused" in form.dataset) return;
  if (!button || button.matches(".danger")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, button));
  const address = button.getAttribute("formaction") ?? form.action;
  const options = { method: "POST", body, redirect: "manual" };
  const answer = await fetch(address, options).catch(() => null);
  if (answer?.type !== "opaqueredirect") {
    form.dataset.refused = "";
    return form.requestSubmit(button);
  }
  const menu = form.closest("details");
  menu.querySelector("summary").focus();
  menu.open = false;
  update();
}

// What was looked for is kept on the page that a hit leads to, if the browser stores it.
function keepSearch({ target }) {
  const hit = target.closest(".side .hits a");
  try {
    if (hit) sessionStorage.setItem(FOUND_BY, JSON.stringify([hit.href, field.value]));
  } catch {}
}

function takeSearch() {
  let found = [];
  try {
    found = JSON.parse(sessionStorage.getItem(FOUND_BY) ?? "[]");
    sessionStorage.removeItem(FOUND_BY);
  } catch {}
  const [address, words] = found;
  if (address !== location.href) return;
  field.value = words;
  update();
}

if (list()) {
  timer = setTimeout(update, EVERY_MS);
  document.addEventListener("visibilitychange", update);
  document.addEventListener("submit", change);
  document.addEventListener("click", keepSearch);
  if (field) takeSearch();
  field?.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !field.value) return;
    field.value = "";
    update();
  });
  field?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(update, PAUSE_MS);
  });
}
