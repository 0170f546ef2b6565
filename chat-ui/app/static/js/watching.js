// Watches a chat: one stream of server-sent events for a page, opened again when it breaks off.

const RETRY_MS = 2000;
const AGAIN_MS = 250;

export class Watcher {
  // `handlers` has a function for each name of an event; it is given the event's data.
  constructor(chat, handlers) {
    this.chat = chat;
    this.handlers = { ...handlers, end: () => this.finish() };
  }

  // Everything up to the message with the number `since` is final on this page already.
  start(since = this.chat.lastFinal()) {
    if (this.source) return;
    const last = this.chat.lastMessage()?.id.slice(2) ?? "";
    this.source = new EventSource(`${this.chat.dataset.events}?since=${since}&last=${last}`);
    for (const [name, handle] of Object.entries(this.handlers)) {
      this.source.addEventListener(name, ({ data }) => handle(JSON.parse(data)));
    }
    this.source.onopen = () => {
      this.chat.setAway(false);
      this.chat.setGone("");
    };
    this.source.onerror = () => this.reconnect();
  }

  stop() {
    this.source?.close();
    this.source = null;
  }

  // The stream may have ended just before a message was sent. Then there is more to watch.
  finish() {
    this.stop();
    if (this.chat.hasUnfinished()) setTimeout(() => this.start(), AGAIN_MS);
  }

  // The browser reconnects by itself, unless the answer was an error. Then the page says whether the
  // chat is gone.
  async reconnect() {
    this.chat.setAway(true);
    if (this.source?.readyState !== EventSource.CLOSED) return;
    this.stop();
    const page = await fetch(location.href).catch(() => null);
    if (page && [401, 404].includes(page.status)) {
      this.chat.setAway(false);
      this.chat.setGone(await page.text());
    } else {
      setTimeout(() => this.start(), RETRY_MS);
    }
  }
}
