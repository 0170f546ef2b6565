// What every page needs at once: the time zone's cookie, and menus that close. The shortcuts are
// in shortcuts.js.

const YEAR_SECONDS = 365 * 24 * 60 * 60;
const WIDE = "(width >= 60rem)"; // where the drawer is a sidebar, as in side.css

// --- the time zone: the server shows times by it ---

const offset = `utc_offset=${-new Date().getTimezoneOffset()}`;
if (!document.cookie.split("; ").includes(offset)) {
  document.cookie = `${offset}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
}

// --- menus: one closes by Escape, by a click beside it, and when the focus leaves it ---

const MENU = "details:is(.menu, .row-menu)";

function closeMenu() {
  const menu = document.querySelector(`${MENU}[open]`);
  if (menu) menu.open = false;
  return menu;
}

function closeUnlessInside({ target }) {
  if (!target.closest(MENU)) closeMenu();
}

document.addEventListener("click", closeUnlessInside);
// Later: a link that is hidden at once downloads nothing.
document.addEventListener("click", ({ target }) => {
  if (target.closest(`${MENU} [download]`)) setTimeout(closeMenu);
});
document.addEventListener("focusin", closeUnlessInside);
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") closeMenu()?.querySelector("summary").focus();
});

// What opens below the edge of what is in view comes into view. (This event does not bubble.)
function showMenu({ target }) {
  if (target.matches(":is(.row-menu, .ask)[open]")) target.lastElementChild.scrollIntoView({ block: "nearest" });
}
document.addEventListener("toggle", showMenu, { capture: true });

// --- the list of chats ---

// The open chat is in view, however far down the list it is.
const current = document.querySelector(".side .chat-list [aria-current]");
const list = current?.closest(".chat-groups");
if (list && current.offsetTop > list.offsetTop + list.clientHeight) {
  list.scrollTop = current.offsetTop - list.offsetTop - list.clientHeight / 2;
}

// A window that gets wide has a sidebar; the open drawer closes.
matchMedia(WIDE).addEventListener("change", () => {
  const side = document.getElementById("side");
  if (side?.matches(":popover-open")) side.hidePopover();
});
