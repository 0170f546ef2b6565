// The mark where the next words come moves only when none have come for a while: every frame that is
// drawn takes processor time from the model (docs/performance.md).

const STILL_MS = 1000;

export class WaitingMark {
  constructor(chat) {
    this.chat = chat;
  }

  // To be called when there is something new.
  rest() {
    clearTimeout(this.timer);
    this.chat.classList.remove("waits-long");
    this.timer = setTimeout(() => this.chat.classList.add("waits-long"), STILL_MS);
  }
}
