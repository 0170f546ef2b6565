// Copy buttons: for the text at the address in `data-copy`, or for the code around the button.

const DONE_MS = 2000;

// Adds the buttons, made from `template`: to each message, and to code in it.
export function addCopyButtons(root, template) {
  const make = (address) => {
    const button = template.content.firstElementChild.cloneNode(true);
    button.querySelector("span").textContent = button.dataset.words;
    button.dataset.copy = address;
    return button;
  };
  const has = (parent) => parent.querySelector(":scope > [data-copy]");
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
  try {
    await copy(textFor(button));
    tell(button, button.dataset.done, "check");
  } catch {
    tell(button, button.dataset.failed, "close");
  }
});

// What is selected is copied with formulas as their source: as text, each would be a column of signs.
document.addEventListener("copy", (event) => {
  const range = getSelection().rangeCount && getSelection().getRangeAt(0);
  const common = range && range.commonAncestorContainer;
  const around = (selector) => (common.closest ? common : common.parentElement).closest(selector);
  if (!range || !around("#messages") || event.target.matches?.("textarea")) return;
  const whole = around("math");
  const copied = document.createElement("div");
  copied.append(whole ? whole.cloneNode(true) : range.cloneContents());
  const formulas = copied.querySelectorAll("[data-tex]");
  if (formulas.length === 0) return;
  event.clipboardData.setData("text/html", copied.innerHTML);
  for (const formula of formulas) {
    const mark = formula.getAttribute("display") === "block" ? "$$" : "$";
    formula.replaceWith(mark + formula.dataset.tex + mark);
  }
  document.body.append(copied); // what is not shown has no lines
  event.clipboardData.setData("text/plain", copied.innerText);
  copied.remove();
  event.preventDefault();
});

// A string, or the promise of one.
function textFor(button) {
  const address = button.dataset.copy;
  return address ? fetchText(address) : button.closest("figure").querySelector("pre").textContent;
}

async function fetchText(address) {
  const response = await fetch(address, { headers: { Accept: "text/plain" } });
  if (!response.ok) throw new Error(response.status);
  return response.text();
}

// Safari writes only within the click itself, so it is given the promise of the text.
async function copy(text) {
  if (!navigator.clipboard) return copyBySelection(await text);
  if (typeof text === "string") return navigator.clipboard.writeText(text);
  const blob = text.then((words) => new Blob([words], { type: "text/plain" }));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

// Browsers have no clipboard on plain http, except on localhost.
function copyBySelection(text) {
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
const timers = new WeakMap();

function tell(button, words, icon) {
  label(button, words, icon);
  document.querySelector("[data-announce]")?.append(`${words} `);
  clearTimeout(timers.get(button));
  const restore = () => {
    label(button, button.dataset.words, "copy");
    document.querySelector("[data-announce]")?.replaceChildren();
  };
  timers.set(button, setTimeout(restore, DONE_MS));
}

function label(button, words, icon) {
  const use = button.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
  button.title = button.querySelector("span").textContent = words;
}
