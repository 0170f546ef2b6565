// Where the page is scrolled to, while words come in below and earlier messages above.

const END_OF_PAGE_PX = 80;

// Scrolls along with the words while the end is in view. Otherwise `button` says that there are more,
// and leads down. Without a button, on a page that does not end with the chat, nothing moves.
export class Follower {
  constructor(button, field) {
    this.button = button;
    if (!button) return;
    button.querySelector("span").textContent = button.dataset.words;
    button.addEventListener("click", () => {
      const byKey = button.matches(":focus-visible");
      this.goToEnd();
      if (byKey) field.focus({ preventScroll: true });
    });
    // Whoever came by a link to a message wants to read that one.
    const target = document.getElementById(location.hash.slice(1));
    this.following = !target?.matches(".message");
    this.stay();
    this.listen();
  }

  // Only scrolling up leaves the end. Words that come faster than the page can follow do not.
  listen() {
    let last = window.scrollY;
    const update = () => {
      if (this.isAtEnd()) this.set(true);
      else if (window.scrollY < last) this.set(false);
      last = window.scrollY;
    };
    document.addEventListener("scroll", update, { passive: true });
  }

  // To be called when there are new words.
  follow() {
    this.stay();
    if (this.button?.hidden && !this.following && !this.isAtEnd()) this.button.hidden = false;
  }

  // To be called when something has changed its height.
  stay() {
    if (this.following) window.scrollTo(0, document.body.scrollHeight);
  }

  goToEnd() {
    this.set(true);
    this.stay();
  }

  set(following) {
    if (!this.button) return;
    this.following = following;
    if (following) this.button.hidden = true;
  }

  isAtEnd() {
    return window.innerHeight + window.scrollY >= document.body.scrollHeight - END_OF_PAGE_PX;
  }
}

// Earlier messages come in above. What is being read stays where it is on the screen, and the focus
// goes to them if it was on the link that brought them.
export function keepScrollPosition(chat, messages, onMore) {
  let first, top, held;
  chat.addEventListener("htmx:beforeSwap", ({ detail: { target, shouldSwap } }) => {
    if (!target?.matches(".earlier") || !shouldSwap) return;
    first = messages.querySelector(".message");
    top = first.getBoundingClientRect().top;
    held = target.contains(document.activeElement);
  });
  chat.addEventListener("htmx:afterSwap", () => {
    if (!first) return;
    onMore();
    window.scrollBy(0, first.getBoundingClientRect().top - top);
    const read = first.previousElementSibling;
    if (held && read) {
      read.tabIndex = -1;
      read.focus({ preventScroll: true });
    }
    first = null;
  });
}
