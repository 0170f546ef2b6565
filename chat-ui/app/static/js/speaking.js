// Reads replies out: whole sentences go into a live region, each once, however often its text is
// sent again.

const FORGET_MS = 10_000;
const SENTENCE_END = /[.!?…:]["'”’»)\]]*\s|[。！？؟।]/g;

export class Speaker {
  constructor(region) {
    this.region = region;
    this.replies = new Map(); // id: how much was said, and how much of the text is there for good
  }

  // A reply that is being written: `closed` is there for good, then `open`. Its sentences so far are
  // not read out, or only the new ones if it was on the page before.
  begin(id, closed, open) {
    const end = closed.length + endOfSentences(open);
    const said = this.replies.get(id)?.said ?? end;
    this.say((closed + open).slice(said, end));
    this.replies.set(id, { said: Math.max(said, end), closed: closed.length });
  }

  // `closed` was added for good, `open` is what follows it now.
  hear(id, closed, open) {
    const reply = this.replies.get(id);
    if (!reply) return;
    const start = reply.closed;
    reply.closed += closed.length;
    const end = reply.closed + endOfSentences(open);
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

// Where the last whole sentence of a text ends.
function endOfSentences(text) {
  const sentence = [...text.matchAll(SENTENCE_END)].at(-1);
  return sentence ? sentence.index + sentence[0].length : 0;
}
