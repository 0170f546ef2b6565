// Uploads files by a button, by dropping and by pasting them, one after the other, and follows how far
// documents have been read. The server renders the list.

import { MESSAGE_FILE, attachDraft, handOverDraft } from "./drafts.js";

const EVERY_MS = 2000;
const { dataset: upload } = document.getElementById("upload") ?? {};
const uploader = document.querySelector("form.upload, #composer [name=attach]");
const chooser = upload && (uploader.elements?.files ?? makeChooser());
const documents = () => document.getElementById("documents");
const tabs = new BroadcastChannel("documents");
const waiting = [];
let sending = false;
let timer;

function makeChooser() {
  const field = document.createElement("input");
  Object.assign(field, { type: "file", name: "files", multiple: true, accept: upload.accept });
  return field;
}

// What was said of files before is read by now.
export function offer(files) {
  if (files.length === 0) return;
  documents().querySelector(".notes").replaceChildren();
  if ("beginsChat" in upload) {
    handOverDraft();
    return beginChat(files);
  }
  for (const file of files) {
    const tooLarge = file.size > Number(upload.limit);
    if (tooLarge) refuse(sayTooLarge(file), file);
    else waiting.push({ file, row: showRow(file) });
  }
  sendNext();
}

function sayTooLarge({ name }) {
  const hint = /\.wav$/i.test(name) && upload.wav;
  return hint ? `${upload.tooLarge} ${hint}` : upload.tooLarge;
}

// On the home page: the answer is the page of the chat that they begin.
function beginChat(files) {
  const [chosen, field, form] = [new DataTransfer(), makeChooser(), document.createElement("form")];
  for (const file of files) chosen.items.add(file);
  field.files = chosen.files;
  Object.assign(form, { method: "post", enctype: "multipart/form-data", action: upload.action, hidden: true });
  form.append(field);
  document.body.append(form);
  form.submit();
}

function sendNext() {
  if (sending || waiting.length === 0) return;
  sending = true;
  const { file, row } = waiting.shift();
  const body = new FormData();
  body.append("files", file, file.name);
  const request = new XMLHttpRequest();
  request.open("POST", `${upload.action}?size=${file.size}`);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", ({ loaded, total }) => showSent(row, loaded / total));
  request.addEventListener("loadend", () => {
    row.remove();
    if (request.status === 200) {
      show(request.responseText);
      tellTabs();
      showNotes();
      document.dispatchEvent(new Event("parley:uploaded"));
    } else {
      refuse(upload.failed, file);
      documents().dataset.pending = ""; // it may have arrived, and only the answer is lost
      follow();
    }
    sending = false;
    sendNext();
  });
  request.send(body);
}

// --- what is shown ---

function showRow({ name }) {
  const row = document.createElement("li");
  const words = [document.createElement("span"), document.createElement("small")];
  words[0].className = "name";
  words[0].textContent = name;
  row.className = "sending";
  row.append(...words);
  addRows(row);
  row.scrollIntoView({ block: "nearest" });
  showSent(row, 0);
  return row;
}

function showSent(row, share) {
  const percent = Math.floor(100 * share);
  row.querySelector("small").textContent = upload.sent.replace("…", percent);
}

// In the library the newest come first.
function addRows(...rows) {
  if (documents().closest(".sheet")) findList().prepend(...rows);
  else findList().append(...rows);
}

function findList() {
  const found = documents().querySelector("ul");
  if (found) return found;
  const list = document.createElement("ul");
  list.className = "document-list";
  documents().append(list);
  return list;
}

export function refuse(words, { name = "" } = {}) {
  const problem = document.createElement("p");
  problem.className = "problem";
  problem.textContent = words.replace("…", name);
  documents().querySelector(".notes").append(problem);
  addDismiss();
  showNotes();
}

// Above a long list they may be out of view.
function showNotes() {
  const notes = documents().querySelector(".notes");
  if (notes.childElementCount) notes.scrollIntoView({ block: "nearest" });
}

// The button that takes all notices away.
function addDismiss() {
  const notes = documents()?.querySelector(".notes");
  const old = notes?.querySelector(".dismiss");
  const focused = old && old === document.activeElement;
  old?.remove();
  if (!notes?.childElementCount) return;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "plain dismiss" });
  if (notes.childElementCount > 1) button.textContent = notes.dataset.dismissAll;
  else {
    button.textContent = "×";
    button.title = notes.dataset.dismiss;
    button.setAttribute("aria-label", notes.dataset.dismiss);
  }
  button.addEventListener("click", () => {
    notes.replaceChildren();
    (uploader.elements ? chooser : uploader).focus();
  });
  notes.prepend(button);
  if (focused) button.focus();
}

// The server's list in place of the old one. What was said before, and is being sent, stays.
function show(html) {
  const old = documents();
  const focused = old.querySelector(":focus");
  old.insertAdjacentHTML("afterend", html);
  const rows = old.querySelectorAll(".sending");
  const notes = old.querySelector(".notes").childNodes;
  old.remove();
  documents().querySelector(".notes").prepend(...notes);
  if (rows.length > 0) addRows(...rows);
  if (focused) findSame(focused).focus();
  addDismiss();
  offerChoice(document.getElementById("mode-choice"));
  offerPictures(document.getElementById("new-pictures"));
  follow();
}

// A row's link or button in the list that is there now; a notice is still the same.
function findSame(element) {
  const link = element.closest("li")?.querySelector("a");
  const row = link && documents().querySelector(`li:has(> a[href="${link.pathname}"])`);
  return row?.querySelector(element.localName) ?? element;
}

// As long as it has documents, a chat's composer lets one choose how to answer.
function offerChoice(choice) {
  const old = document.getElementById("mode");
  if (choice && !old) document.querySelector("#composer .box").before(choice.content);
  else if (!choice) old?.remove();
  choice?.remove();
}

// Pictures for the next message: the new ones are ticked, the others stay as they are, but for one uploaded again.
function offerPictures(template) {
  template?.remove();
  const offered = template?.content.firstElementChild ?? null;
  const old = document.getElementById("offered");
  const boxes = (pictures) => [...(pictures?.querySelectorAll("input") ?? [])];
  const ids = (pictures) => pictures && boxes(pictures).map(({ value }) => value).join();
  for (const box of boxes(offered)) {
    const same = old?.querySelector(`[value="${box.value}"]`);
    box.checked ||= same?.checked ?? true;
    if (same) same.checked = box.checked;
  }
  if (ids(offered) === ids(old)) return;
  if (old && offered) old.replaceWith(offered);
  else if (offered) document.querySelector("#composer .box").before(offered);
  else old.remove();
}

// A document is removed from a chat without leaving the page, which would interrupt what is being
// uploaded. If that fails, the form is sent as it would be without scripts.
async function remove(event) {
  const { target: form, submitter: button } = event;
  if (!button?.matches("#documents .remove") || "refused" in form.dataset) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, button));
  const options = { method: "POST", body, headers: { "HX-Request": "true" } };
  const answer = await fetch(form.action, options).catch(() => null);
  if (answer?.status === 200) {
    show(await answer.text());
    tellTabs();
    document.getElementById("prompt")?.focus();
  } else {
    form.dataset.refused = "";
    form.requestSubmit(button);
  }
}

document.addEventListener("submit", remove);

// A text too long to be sent becomes a file. Until that has been taken, the text stays.
function attachText({ target: { form } }) {
  const { prompt } = form.elements;
  const files = [new File([prompt.value], MESSAGE_FILE, { type: "text/plain" })];
  if ("beginsChat" in upload) {
    attachDraft();
    return beginChat(files);
  }
  offer(files);
  const clear = () => {
    if (documents().querySelector(".notes .problem")) return;
    prompt.value = "";
    prompt.dispatchEvent(new Event("input", { bubbles: true }));
    prompt.focus();
  };
  document.addEventListener("parley:uploaded", clear, { once: true });
}

// --- how far they have been read ---

function follow() {
  clearTimeout(timer);
  if (documents() && "pending" in documents().dataset) timer = setTimeout(look, EVERY_MS);
}

async function look() {
  if (document.hidden) return;
  try {
    const headers = { "HX-Request": "true" };
    const response = await fetch(documents().dataset.source, { headers });
    const html = await response.text();
    const renaming = documents().querySelector("details[open]"); // begun meanwhile, too
    if (response.status === 200 && !renaming) return show(html);
  } catch {
    // Asked again.
  }
  follow();
}

// Another tab may have deleted or added some: beside this one, or while this one was not looked at.
tabs.addEventListener("message", () => documents() && look());
document.addEventListener("visibilitychange", () => documents() && look());
if (documents()) tellTabs();
follow();

function tellTabs() {
  tabs.postMessage(null);
}

// --- button, drag and drop, paste ---

addDismiss();
document.querySelector("[name=attach][value=library]")?.addEventListener("click", handOverDraft);
if (upload) {
  uploader.addEventListener(uploader.elements ? "submit" : "click", (event) => {
    event.preventDefault();
    chooser.click();
  });
  chooser.addEventListener("change", () => {
    offer(chooser.files);
    chooser.value = "";
  });
  const asFile = document.createElement("button");
  Object.assign(asFile, { type: "button", className: "as-file", textContent: upload.asFile });
  asFile.addEventListener("click", attachText);
  document.getElementById("room")?.after(asFile);
  const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  const mark = (dropping) => document.body.classList.toggle("dropping", dropping);
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(true);
  });
  addEventListener("dragleave", ({ relatedTarget }) => relatedTarget ?? mark(false));
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(false);
    offer(event.dataTransfer.files);
  });
  addEventListener("paste", (event) => {
    const { files: pasted, types } = event.clipboardData;
    if (pasted.length === 0 || types.includes("text/plain")) return;
    event.preventDefault();
    offer(pasted);
  });
}
