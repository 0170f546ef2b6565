"""The words of a text, as passages and questions are compared by.

PostgreSQL adds their stems (sql/passages): it has the stemmers, but nothing for accents.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

# The commonest words of the languages that are stemmed, without their accents.
COMMON_WORDS = {
    "danish": "af at der det de er et for fra hvad hvor ikke jeg med og om pa som til var",
    "dutch": "aan als dat de een en er het hoe in is met niet of om op te van voor wat zijn",
    "english": "a and are at be by for from how in is it of on that the this to was what with",
    "french": "au avec ce dans de des du elle en est et la le les par pas pour que qui un une",
    "german": "auf das dem den der des die ein eine es fur im in ist mit nicht sich und von wie zu",
    "italian": "al che con da del della di e gli il in la le lo non per quale quanto si sono un",
    "norwegian": "av at det de en er et for fra hva hvor ikke jeg med og om pa som til var",
    "portuguese": "ao as com como da de do em e na nao no o os para por qual que se um uma",
    "spanish": "con como cual de del el en es la las lo los no para por que se su un una y",
    "swedish": "att av den det en ett for fran hur inte jag med och om pa som till var vad ar",
}
# What questions are asked with, besides the commonest words: an answer need not have it.
_ASKING = {
    "danish": "hvem hvilken hvilket hvilke hvornar hvorfor kan ma skal",
    "dutch": "hoeveel hoog kan lang mag moet naam nummer vaak waar waarom wanneer welk welke wie",
    "english": "amount big can could did do does far high how large long many mean means might much"
    " must name need number often old please shall should tell want what when where which who why"
    " would",
    "french": "combien doit faut montant nom numero ou peut pourquoi quand quel quelle quelles"
    " quels qui",
    "german": "alt bedeutet betrag bitte gibt gross heisst hoch lange muss name nummer oft soll"
    " sollen viel viele wann warum weit welche welcher welches wer wieso wo",
    "italian": "chi cosa deve dove importo nome numero perche puo quale quali quando quanti quanto",
    "norwegian": "hvem hvilken hvilket hvilke hvorfor kan ma nar skal",
    "portuguese": "deve nome numero onde pode porque quais quando quanta quanto quantos quem",
    "spanish": "cual cuando cuantas cuanto cuantos debe donde hay importe nombre numero puede"
    " quien",
    "swedish": "hur kan maste nar ska varfor vem vilken vilket vilka",
}
ASKING_WORDS = sorted({word for words in _ASKING.values() for word in words.split()})
LANGUAGES = list(COMMON_WORDS)
_COMMON = {language: frozenset(words.split()) for language, words in COMMON_WORDS.items()}
_IN_QUESTIONS = {
    language: words | frozenset(_ASKING[language].split()) for language, words in _COMMON.items()
}

ACCENTS = re.compile("[\u0300-\u036f]+")
OTHER_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
# A word that was divided at the end of a line. That it begins with one of few characters makes it
# quick.
DIVISION = re.compile(r"[-\u00ad\u2010](?<=[^\W\d_].)\n\s*(?=[a-zß-ÿ])")
# Thai and its neighbours, Chinese, Japanese, Korean: no spaces between words, or endings that are
# written together with them.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
WORD = re.compile(f"[{UNSPACED}]+|[^\\W_{UNSPACED}]+")
IS_UNSPACED = re.compile(f"[{UNSPACED}]")
WORD_CHARACTERS = 64  # no more of a word is looked at


def split_words(text: str) -> list[str]:
    """Each word once, in the order of the text: without accents, in lower case. Of scripts without
    spaces, each two characters that follow each other."""
    folded = fold(DIVISION.sub("", text))
    found = dict.fromkeys(WORD.findall(folded))
    if not IS_UNSPACED.search(folded):
        return list(dict.fromkeys(word[:WORD_CHARACTERS] for word in found))
    words: dict[str, None] = {}
    for word in found:
        if IS_UNSPACED.match(word) and len(word) > 1:
            words.update(dict.fromkeys(word[n : n + 2] for n in range(len(word) - 1)))
        else:
            words[word[:WORD_CHARACTERS]] = None
    return list(words)


def fold(text: str) -> str:
    """Without accents, in lower case; compatible forms of a letter are that letter."""
    if text.isascii():
        return text.lower()
    bare = ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return unicodedata.normalize("NFC", bare).translate(OTHER_LETTERS)


def detect_language(words: Iterable[str]) -> str | None:
    """Whose commonest words occur most often among these; None if that is not one language."""
    return _find_most(words, _COMMON)


def detect_language_of_question(words: Iterable[str]) -> str | None:
    """As `detect_language`, by the words that questions are asked with, too."""
    return _find_most(words, _IN_QUESTIONS)


def _find_most(words: Iterable[str], lists: Mapping[str, frozenset[str]]) -> str | None:
    given = set(words)
    counts = {language: len(given & listed) for language, listed in lists.items()}
    most = max(counts.values())
    found = [language for language, count in counts.items() if count == most]
    return found[0] if most and len(found) == 1 else None
