// Another version is chosen or asked for: the branch changes in place, without another page or an
// entry in the history.

const FORMS = ".versions, .continue, .regenerate";

export class Branches {
  constructor(chat) {
    this.chat = chat;
    this.changing = false;
    this.listen("htmx:beforeRequest", () => this.begin());
    this.listen("htmx:beforeSwap", (detail) => {
      if (detail.xhr.status < 400) this.show(detail);
    });
    this.listen("htmx:afterRequest", () => this.end());
  }

  listen(event, act) {
    this.chat.addEventListener(event, ({ detail }) => {
      if (detail.requestConfig.elt.matches(FORMS)) act(detail);
    });
  }

  // Meanwhile nothing is watched: the stream would tell that the branch was changed.
  begin() {
    this.changing = true;
    this.chat.watcher.stop();
  }

  end() {
    this.changing = false;
    if (this.chat.composer) this.chat.watcher.start();
  }

  show(detail) {
    const form = detail.requestConfig.elt;
    const top = form.getBoundingClientRect().top;
    const { first, rest } = this.chat.showBranch(detail.serverResponse);
    detail.serverResponse = rest;
    detail.swapOverride = "none"; // the form is gone, and with it what it inherits
    if (!this.chat.composer) {
      detail.shouldSwap = false; // the page does not end where the branch does
      location.replace(`${location.pathname}?at=${first.id.slice(2)}#${first.id}`);
      return;
    }
    if (location.search) history.replaceState(null, "", location.pathname);
    if (form.matches(".versions")) this.stayAt(first, top, form);
    else this.goToReply(first);
  }

  // What was pressed stays where it was on the screen, and keeps the focus.
  stayAt(article, top, form) {
    const versions = article.querySelector(".versions");
    const pressed = [...form.elements].findIndex(({ value }) => `m-${value}` === article.id);
    const [button, other] = [versions.elements[pressed], versions.elements[1 - pressed]];
    window.scrollBy(0, versions.getBoundingClientRect().top - top);
    (button.disabled ? other : button).focus({ preventScroll: true });
    this.chat.speaker.say(versions.querySelector("span:not(.hidden)").textContent);
  }

  goToReply(article) {
    this.chat.follower.goToEnd();
    this.chat.focusPrompt();
    this.chat.speaker.say(article.querySelector(".progress")?.textContent ?? "");
  }
}
