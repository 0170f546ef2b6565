// How new words appear. Text is stored, and so arrives, about four times a second. To the eye it
// comes evenly, word by word (Revealer); to the ear by whole sentences (Speaker); and the page scrolls
// along (Follower).

const BATCH_MS = 250;
const STEP_MS = 40; // the eye sees no difference if it is less, but slow machines have more to do
const FORGET_MS = 10_000;
const SENTENCE_END = /[.!?…:]["'”’»)\]]*\s|[。！？؟।]/g;
const END_OF_PAGE_PX = 80;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Revealer {
  constructor(onGrow) {
    this.onGrow = onGrow;
  }

  // Replaces the content of `block`. What was not there before appears over one batch's time, but a
  // reply's first words appear at once: somebody has been waiting for them.
  show(block, content, fresh) {
    const before = block === this.block ? this.shown : block.textContent.length;
    const shown = fresh ? 0 : before;
    this.block = block;
    block.replaceChildren(content);
    this.texts = textNodes(block).map((node) => ({ node, full: node.data }));
    this.total = this.texts.reduce((sum, { full }) => sum + full.length, 0);
    this.from = Math.min(shown, this.total);
    this.start = performance.now() - STEP_MS; // the first step is taken now
    clearTimeout(this.timer);
    const first = shown === 0 && !fresh;
    this.step(first || calm.matches || document.hidden ? Infinity : performance.now());
  }

  step(now) {
    const part = Math.min(1, (now - this.start) / BATCH_MS);
    this.shown = Math.ceil(this.from + (this.total - this.from) * part);
    let left = this.shown;
    for (const { node, full } of this.texts) {
      const length = Math.max(0, Math.min(left, full.length));
      if (node.length !== length) node.data = full.slice(0, length);
      left -= full.length;
    }
    this.onGrow();
    if (part < 1) this.timer = setTimeout(() => this.step(performance.now()), STEP_MS);
  }
}

// Puts replies' sentences into a live region, each once, however often its text is sent again.
export class Speaker {
  constructor(region) {
    this.region = region;
    this.replies = new Map(); // id: how much was said, and how much of the text is there for good
  }

  // A reply that is being written. What is on the page already is not read out.
  begin(id, text, closed) {
    const said = this.replies.get(id)?.said ?? text.length;
    this.replies.set(id, { said, closed });
  }

  // `closed` was added for good, `open` is what follows it now.
  hear(id, closed, open) {
    const reply = this.replies.get(id);
    if (!reply) return;
    const start = reply.closed;
    reply.closed += closed.length;
    const sentence = [...open.matchAll(SENTENCE_END)].at(-1);
    const end = reply.closed + (sentence ? sentence.index + sentence[0].length : 0);
    if (end <= reply.said) return;
    this.say((closed + open).slice(Math.max(0, reply.said - start), end - start));
    reply.said = end;
  }

  // The reply has ended with this text; `state` says how.
  end(id, text, state) {
    this.say(text.slice(this.replies.get(id)?.said ?? text.length));
    this.replies.delete(id);
    this.say(state);
  }

  // A screen reader reads out what is added. It is removed later, so that nobody finds the text twice.
  say(words) {
    if (!words.trim()) return;
    const line = document.createElement("span");
    line.textContent = `${words.trim()} `;
    this.region.append(line);
    setTimeout(() => line.remove(), FORGET_MS);
  }
}

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

function textNodes(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
}
