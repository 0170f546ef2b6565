// About how many of the model's tokens a text is. Each model has its own, so this is an estimate:
// chat-ui/README.md says what it is based on.

const PIECES = /[A-Z]?[a-z]+|[A-Z]+|\n+| {2,}|[!-~]|[^\s!-~]/gu;
const WORD = 5; // letters of a word, per token
const CAPITALS = 3;
const ALPHABET = 1.2; // tokens of a letter that is not English: ä, я, ع
const SCRIPT = 2.2; // and of one of the scripts from India to East Asia, or an emoji
const FIRST_SCRIPT = "\u0900";
const ENOUGH = 100; // tokens of a reply that say something

// The estimate, corrected by those replies on this page that are of the same kind: their tokens are
// known.
export function estimateTokens(text) {
  const ratios = [...document.querySelectorAll(".message[data-tokens]")].map((reply) => {
    const written = reply.querySelector(".body").textContent;
    const tokens = Number(reply.dataset.tokens);
    return tokens >= ENOUGH && isAlike(text, written) ? tokens / estimate(written) : 0;
  });
  return Math.round(estimate(text) * (Math.max(0, ...ratios) || 1));
}

// Certainly no fewer: no token reaches from one word into the next.
export function countWords(text) {
  return text.match(/\S+/g)?.length ?? 0;
}

function isAlike(one, other) {
  const ratio = estimate(one) / one.length / (estimate(other) / other.length);
  return ratio > 0.75 && ratio < 1.33;
}

function estimate(text) {
  return [...text.matchAll(PIECES)].reduce((sum, [piece]) => sum + weigh(piece), 0);
}

function weigh(piece) {
  if (piece > "~") return piece < FIRST_SCRIPT ? ALPHABET : SCRIPT;
  return Math.ceil(piece.trim().length / (/[A-Z]$/.test(piece) ? CAPITALS : WORD)) || 1;
}
