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
