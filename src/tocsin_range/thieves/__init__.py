"""Thieves: each behaviour is a small function; the register below is data."""

from tocsin_range.thieves import crews, entry, harvest, mimics, sweep
from tocsin_range.thieves.heist import Attack

_PLACEMENT = ("social", "physician", "gp", "secretary")

ATTACKS: tuple[Attack, ...] = (
    Attack("bulk", "Opens one patient a second", 1, harvest.bulk),
    Attack("prefix-sweep", "Searches by two letters of the name, in the order of the alphabet", 1, sweep.prefixes),
    Attack("sequential", "Opens patients by successive numbers", 1, sweep.sequential),
    Attack("paging", "Turns the pages of a hospital's work list", 1, sweep.paging),
    Attack("export", "Exports 150 patients in one piece", 1, sweep.export),
    Attack("medium", "Opens one patient every 30 seconds", 1, harvest.medium),
    Attack("slow", "Opens one patient every 5 minutes in the owner's hours, three days", 3, harvest.slow),
    Attack("twenty", "Opens 20 patients a day for a week", 7, harvest.twenty),
    Attack("shared", "Ten accounts share the load from one machine", 2, crews.shared, accounts=10),
    Attack(
        "own-units",
        "Opens identities inside the owner's own units, without care",
        2,
        mimics.own_units,
        take=mimics.take_on_ward,
    ),
    Attack("colleague", "Does what an honest peer does that day: a user switch", 2, mimics.colleague),
    Attack("residential", "Works through a relay in the owner's own town", 1, mimics.residential),
    Attack("stolen-token", "Uses the owner's token, machine and address beside the owner", 6, entry.stolen_token),
    Attack("phishing", "Relays a sign-in, enrols a factor, goes on from an own machine", 1, entry.phishing),
    Attack("spraying", "Tries two passwords on many accounts, until one yields", 1, entry.spraying),
    Attack("fatigue", "Sends second-factor requests until one is accepted", 1, entry.fatigue),
    Attack("dormant", "Revives an account unused for weeks", 1, entry.dormant, take=entry.take_dormant),
    Attack("forged", "Registers a professional who does not exist", 1, entry.forged, take=entry.take_forged),
    Attack("service-account", "Uses a robot's secret out of hours", 1, entry.service_account, take=entry.take_robot),
    Attack("pivot", "Goes from placement to a service the account never used", 1, sweep.pivot, roles=_PLACEMENT),
    Attack("rotation", "Takes a little in each of several regions from one machine", 2, crews.rotation, accounts=2),
    Attack("insider", "The owner looks up acquaintances, three a day", 5, mimics.insider),
    Attack("kiosk", "Sits down where the last user is still signed in", 6, entry.kiosk, roles=("nurse", "aide")),
    Attack("boiling-frog", "Grows by a third each day from three strangers", 10, mimics.boiling_frog),
    Attack("suppression", "Silences the service's trail while harvesting", 1, entry.suppression),
    Attack("night", "Opens 200 patients between 1 and 4 in the morning", 1, harvest.night, works_weekends=True),
    Attack("pace", "Opens as many patients as the owner, at the owner's pace", 4, harvest.pace),
    Attack("lists-only", "Lists patients by searches and never opens one", 1, harvest.lists_only),
    Attack(
        "scattered",
        "Six accounts from six places go through one unit by one script",
        2,
        crews.scattered,
        accounts=6,
        take=crews.take_scattered,
    ),
)
ATTACK = {attack.name: attack for attack in ATTACKS}
