// Records by the microphone, where there is a model that transcribes. A recording is uploaded like any
// file; what was said in it is put into the message, to be read before it is sent.

import { offer, refuse } from "./documents.js";

const LOOK_MS = 1000;
const LONGEST_MS = (10 * 60 - 5) * 1000; // what is longer than ten minutes is refused
const recordings = () => document.getElementById("recordings");
const message = document.getElementById("prompt");
const taken = new Set(); // what is in the message, whether its deletion has worked or not
let nextLook;

// --- what was said ---

// Into the message first, whose draft this browser keeps: only then is it deleted.
async function takeTexts() {
  if (document.hidden) return;
  for (const heard of recordings().querySelectorAll("li[data-text]")) {
    const { action } = heard.querySelector("form");
    if (!taken.has(action)) append(heard.dataset.text);
    taken.add(action);
    (await loadRecordings(action, "POST")) || (await loadRecordings(recordings().dataset.source));
  }
  waitForTexts();
}

function append(text) {
  const space = message.value && !/\s$/.test(message.value) ? " " : "";
  message.value += space + text;
  message.dispatchEvent(new Event("input", { bubbles: true }));
}

// The server's list in place of the old one. Whether that worked.
async function loadRecordings(address, method = "GET") {
  try {
    const headers = { "HX-Request": "true" };
    const response = await fetch(address, { method, headers, keepalive: true });
    if (response.status === 200) recordings().outerHTML = await response.text();
    return response.status === 200;
  } catch {
    return false; // asked again
  }
}

function waitForTexts() {
  clearTimeout(nextLook);
  if ("pending" in recordings().dataset) nextLook = setTimeout(lookForTexts, LOOK_MS);
}

async function lookForTexts() {
  if (document.hidden) return;
  await loadRecordings(recordings().dataset.source);
  await takeTexts();
}

if (recordings() && message) {
  document.addEventListener("parley:uploaded", lookForTexts);
  document.addEventListener("visibilitychange", lookForTexts);
  takeTexts();
}

// --- the microphone ---

class RecordButton {
  constructor(button) {
    this.button = button;
    this.words = button.dataset;
    this.button.addEventListener("click", () => (this.recorder ? this.recorder.stop() : this.begin()));
    this.show(false);
  }

  async begin() {
    if (this.asking) return;
    if (!navigator.mediaDevices) return refuse(this.words.insecure);
    this.asking = true;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return refuse(this.words.refused);
    } finally {
      this.asking = false;
    }
    const pieces = [];
    this.recorder = new MediaRecorder(this.stream);
    this.recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
    this.recorder.addEventListener("stop", () => this.end(pieces));
    this.recorder.start();
    this.longest = setTimeout(() => this.recorder.stop(), LONGEST_MS);
    this.show(true);
  }

  end(pieces) {
    clearTimeout(this.longest);
    for (const track of this.stream.getTracks()) track.stop();
    this.recorder = null;
    this.show(false);
    offer([new File(pieces, this.words.name)]);
  }

  show(recording) {
    this.button.classList.toggle("recording", recording);
    this.button.title = recording ? this.words.stop : this.words.words;
    this.button.querySelector("span").textContent = this.button.title;
  }
}

const recordButton = document.getElementById("record-button")?.content.firstElementChild;
if (recordButton && message) {
  new RecordButton(recordButton);
  message.after(recordButton);
}
