// What becomes of a message that is sent, and the words for what could not be done.

// Sends the composer's form through htmx, so that the page stays; `chat` shows the answer.
export class Sender {
  constructor(chat, form) {
    this.chat = chat;
    this.form = form;
    this.prompt = form?.elements.prompt;
    chat.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
      // Send and Stop give way to each other, so the focus goes to the field.
      if (elt === form || elt.matches("[data-stop]")) chat.focusPrompt();
      chat.notice("undone", false);
      if (elt === form) this.begin();
    });
    this.prompt?.addEventListener("input", () => chat.notice("unsent", false));
    chat.addEventListener("htmx:beforeSwap", ({ detail }) => this.takeAnswer(detail));
    chat.addEventListener("htmx:afterRequest", ({ detail }) => {
      if (detail.successful) {
        if (detail.elt === form) this.end();
      } else if (!explainsItself(detail.xhr)) {
        chat.notice(this.findNotice(detail), true);
        chat.update(); // the stream tells when there are answers again
      }
    });
  }

  begin() {
    for (const name of ["unsent", "too-large", "moved"]) this.chat.notice(name, false);
    document.getElementById("notices").replaceChildren();
    this.sent = this.prompt.value;
    this.since = this.chat.lastFinal();
  }

  // The words for a request that failed without words of its own.
  findNotice({ elt, xhr }) {
    if (elt !== this.form) return "undone";
    return xhr.status === 413 ? "too-large" : "unsent";
  }

  takeAnswer(detail) {
    if (detail.xhr.status === 404) this.chat.update(); // the chat may be gone
    if (detail.xhr.status >= 400) {
      // A refusal brings its own notice, out of band. A gateway's page must not be swapped in.
      detail.shouldSwap = explainsItself(detail.xhr);
      detail.swapOverride = "none";
    } else if (detail.requestConfig.elt === this.form) {
      detail.serverResponse = this.chat.showNew(detail.serverResponse);
      this.chat.watcher.start(this.since); // first: the rest is laid out while it is on its way
    }
  }

  end() {
    if (this.prompt.value === this.sent) {
      this.prompt.value = "";
      this.prompt.dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (const box of this.form.querySelectorAll("[name=pictures]")) box.checked = false;
    this.chat.querySelector(".empty")?.remove();
    document.querySelector("#documents .notes")?.replaceChildren();
    const listed = document.querySelector(".chat-list [aria-current] span");
    if (listed) listed.textContent = document.getElementById("chat-title").textContent;
    this.chat.follower.goToEnd();
  }
}

function explainsItself(xhr) {
  return Boolean(xhr.response?.includes('id="notices"'));
}
