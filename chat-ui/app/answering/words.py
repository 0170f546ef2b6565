"""Words of English, German, French, Spanish, Italian and Dutch that matter to whether two sentences
say the same, in small letters and without accents."""

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

NEGATIONS = frozenset(_DENYING.split())
# What a sentence often begins with. Of any other first word it can't be told whether it is a name.
OPENERS = frozenset(_OPENING.split())
FRAMING = OPENERS.union(_FRAMING.split())
