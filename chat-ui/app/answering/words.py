"""Words of English, German, French, Spanish, Italian and Dutch that matter to whether two sentences
say the same, or to what is asked, in small letters and without accents."""

import re

_DENYING = """
not no never none neither nor without cannot t
nicht kein keine keinen keiner keinem nie niemals ohne
ne pas jamais aucun aucune sans
nunca jamas ningun ninguna sin
non mai nessun nessuno nessuna senza
niet geen nooit zonder
"""
_OPENING = """
the a an this that these those it they he she we you i in on at to of for from with by as if when
while after before however according yes no also therefore there here all each both most some please
note your my our their his her its finally usually overall and but or
der die das den dem ein eine einen es er sie wir ihr im am an auf zu von fur mit bei nach vor wenn
laut jedoch auch daher alle und aber ja nein
le la les l un une des il elle ils elles nous vous ce cette dans en au aux selon si oui non pour par
et mais
el los las una unos segun sin para por y pero
lo gli uno nel nella secondo se per e ma
de het een op volgens als maar ze hij wij
"""

# What a sentence begins with that is about what the one before is about.
_REFERRING = """
it they he she this these
es er sie dies diese dieser dieses
il elle ils elles ce cela celui celle
este esta esto estos estas
esso essa essi esse questo questa questi queste
het ze hij zij dit deze
"""

# What a question begins with that continues the one before.
_JOINING = "and or but und oder aber et ou mais y o pero e ma en of maar"

# What is asked about something, rather than what it is about.
_FRAMING = """
are is was were can could may might must shall should do does did has have had will would be
allowed permitted forbidden possible required necessary needed
ist sind war waren kann konnen darf durfen muss mussen soll sollen hat haben wird werden
erlaubt gestattet verboten moglich notig notwendig
est sont peut peuvent doit doivent faut permis permise permises autorise autorises autorisee
autorisees interdit interdite interdits possible necessaire obligatoire
es son esta estan puede pueden debe deben hay permitido permitida permitidos permitidas prohibido
prohibida posible necesario obligatorio
e sono puo possono deve devono permesso permessi consentito consentiti vietato possibile necessario
obbligatorio
is zijn kan kunnen mag mogen moet moeten toegestaan verboden mogelijk nodig verplicht
"""

# What kind of thing is asked for: that a sentence has such a word says nothing.
_ASKING = """
who whom whose what which when where why how
wer wen wem wessen was welcher welche welches welchem welchen wann wo warum wieso wie
qui que quoi quel quelle quels quelles quand ou pourquoi comment
quien quienes cual cuales cuando donde como
chi che cosa quale quali quando dove perche come
wie wat welk welke wanneer waar waarom hoe
"""

# Without "one", which is an article in most of them, and the Italian "due".
_COUNTING = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
million half once twice
zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn
siebzehn achtzehn neunzehn zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig hundert
tausend halb halbe halben
deux trois quatre cinq sept huit neuf dix onze douze treize quatorze quinze seize vingt trente
quarante cinquante soixante cent cents mille demi demie
dos tres cuatro cinco seis siete ocho nueve diez doce trece catorce dieciseis diecisiete dieciocho
diecinueve veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento mil medio
tre quattro cinque sette otto nove dieci undici dodici tredici quattordici quindici sedici
diciassette diciotto diciannove venti trenta quaranta cinquanta sessanta settanta ottanta novanta
cento mezzo mezza
twee drie vijf zes zeven negen tien twaalf dertien veertien vijftien zestien zeventien achttien
negentien twintig dertig veertig vijftig zestig zeventig tachtig negentig honderd duizend
"""
# Several in one word: vierundzwanzig, tweeenveertig, veintiuno, trentadue.
_COMPOUND = re.compile(
    r"\w+und(?:zwan|drei|vier|funf|sech|sieb|acht|neun)(?:z|ss)ig|(?:ein|zwei|drei|vier)mal"
    r"|\w+en(?:twin|der|veer|vijf|zes|zeven|tach|negen)tig"
    r"|\w+(?:hundert|tausend|honderd|duizend)|veinti\w+"
    r"|(?:vent|trent|quarant|cinquant|sessant|settant|ottant|novant)(?:[aiu]\w*)?"
    r"(?:uno|due|tre|quattro|cinque|sei|sette|otto|nove)"
)

# What forms write before a number that others ask for by another of these. (db-api's
# `passage_terms.sql` has the same ones.)
_PHONE = "phone telephone tel telefon telefono telefoon"

NEGATIONS = frozenset(_DENYING.split())
# What a sentence often begins with. Of any other first word it can't be told whether it is a name.
OPENERS = frozenset(_OPENING.split())
JOINING = frozenset(_JOINING.split())
REFERRING = frozenset(_REFERRING.split())
FRAMING = OPENERS.union(_FRAMING.split())
ASKING = frozenset(_ASKING.split())
COUNTING = frozenset(_COUNTING.split())
PHONE = frozenset(_PHONE.split())


def counts(word: str) -> bool:
    """Whether it is a number in letters."""
    return word in COUNTING or _COMPOUND.fullmatch(word) is not None
