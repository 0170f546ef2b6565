"""Pages as they were read from a PDF or a picture: with headings, with tables, and with line breaks
wherever a line was full."""

from app.answering.exact import BestSentence

from tests.chat_ui.passages import passage

LEASE = """Lease Agreement
1. Parties
This lease is made between Harriet Lindqvist (the landlord) and Tomasz Okafor
(the tenant) for the flat at 14 Quarry Lane, Bristol.
8. Keys
The tenant receives three front door keys and one cellar key. A lost key is replaced by
the landlord.
9. Smoking
It is permitted on the balcony only. The tenant keeps the balcony
clean.
How long may guests stay?
Two weeks."""
MUSEUM = """Quarterly Report of the Clock Museum
The museum was open on 78 days in the first quarter. The new director, Ingrid Vasko, started on 12
January. The best month was March, with 2,018 visitors.
Month Visitors Income (EUR)
January 1,204 9,310
February 1,377 10,655
March 2,018 15,920"""
REPAIRS = """The astronomical clock was out of order for nine days in February because a gear
was broken. The museum has a workshop."""
MARKDOWN = """## Opening hours

| Day | Hours | Note |
|---|---|---|
| Monday | 9–17 | quiet |
| Friday | 9–21 | music |

Closed in May."""
RECEIPT = """CAFE ZEPHYR

2 Cappuccino    7.60 EUR
1 Lemon cake    4.20 EUR

TOTAL          11.80"""
INFO = """Check-out: 11:00
Parking behind the house, 12 euros
Please leave the key on the table by the door when you go, and close the windows."""
BAKERY = """BAKERY HOURS

Monday closed

Tuesday to Friday 6:30 - 18:00
Saturday 7:00 - 13:00

Sunday 8:00 - 11:00"""
MACHINE = """Manual: Brewster 400 coffee machine
The machine draws 1450 watts and weighs 7.2 kg.
Descale the machine every 60 days with citric acid.
The guarantee lasts 3 years."""
WAGES = """Staff handbook
Employees have 27 days of holiday.
Position Hourly wage
Gardener 19.75 euros
Cook 21.50 euros
Anyone who is ill telephones the shift leader."""
SCAN = """The chairwoman, Odette Marchetti, welcomed
thirty-one members. The annual fee rises from
45 to 52 pounds on 1 January 2025."""


async def find(question: str, *texts: str) -> str:
    """The best sentence of these passages, in one line."""
    span = await BestSentence().find(question, [passage(text) for text in texts])
    assert span
    return span.text.replace("\n", " ")
