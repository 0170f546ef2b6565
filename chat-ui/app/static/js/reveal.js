// How new words appear. Text is stored, and so arrives, about four times a second; to the eye it
// comes evenly, bit by bit.

const BATCH_MS = 250;
const STEP_MS = 40; // the eye sees no difference if it is less, but slow machines have more to do
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

function textNodes(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  return nodes;
}
