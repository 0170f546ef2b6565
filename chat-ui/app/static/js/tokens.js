// About how many of the model's tokens a text is. Each model has its own, so this is an estimate:
// chat-ui/README.md says what it is based on.

const PIECES = /[A-Z]?[a-z]+|[A-Z]+|\n+|\t+| {2,}|[!-~]|[^\s!-~]/gu;
const CAPITALS = 3; // letters per token
// Models know whole words of English, and only parts of those of other languages.
const ENGLISH = 5;
const OTHERS = 2.3;
const ENGLISH_WORDS = /\b(the|and|to|that|it|for|you|with|are|this|not|if|return)\b/gi;
const ENGLISH_SHARE = 0.05; // of all words
// Keys, hashes and base64 are long and have digits.
const LONG = /[A-Za-z\d+/=]{24,}/g;
const RANDOM = 0.88; // tokens per character
// Tokens per character, by the first character of its group of scripts.
const SCRIPTS = [
  ["\uac00", 2.9], // Korean, emoji
  ["\u2e80", 2], // Chinese, Japanese
  ["\u0e00", 2.1], // Thai and its neighbours
  ["\u0900", 1.5], // of India
  ["\u0590", 1.3], // Hebrew, Arabic
  ["\u0370", 1], // Greek, Cyrillic
  ["\u0080", 1.2], // Latin letters like ä
];
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
  let random = 0;
  const readable = text.replace(LONG, (long) => {
    if (!/\d/.test(long)) return long;
    random += long.length;
    return " ";
  });
  const letters = isEnglish(readable) ? ENGLISH : OTHERS;
  const weights = [...readable.matchAll(PIECES)].map(([piece]) => weigh(piece, letters));
  return weights.reduce((sum, weight) => sum + weight, random * RANDOM);
}

// Code is, too: its words and comments mostly are.
function isEnglish(text) {
  const count = (words) => text.match(words)?.length ?? 0;
  return count(ENGLISH_WORDS) > ENGLISH_SHARE * count(/[a-z]{2,}/gi);
}

function weigh(piece, letters) {
  if (piece > "~") return SCRIPTS.find(([first]) => piece >= first)[1];
  return Math.max(1, piece.trim().length / (/[A-Z]$/.test(piece) ? CAPITALS : letters));
}
