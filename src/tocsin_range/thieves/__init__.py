"""Thieves: each behaviour is a small function; the register below is data."""

from tocsin_range.thieves import harvest
from tocsin_range.thieves.heist import Attack

ATTACKS: tuple[Attack, ...] = (
    Attack("bulk", "Opens one patient a second", 1, harvest.bulk),
    Attack("medium", "Opens one patient every 30 seconds", 1, harvest.medium),
    Attack("slow", "Opens one patient every 5 minutes in the owner's hours", 3, harvest.slow),
    Attack("twenty", "Opens 20 patients a day for a week", 7, harvest.twenty),
    Attack("night", "Opens 200 patients between 1 and 4 in the morning", 1, harvest.night, works_weekends=True),
    Attack("pace", "Opens as many patients as the owner, at the owner's pace", 4, harvest.pace),
    Attack("lists-only", "Lists patients by searches and never opens one", 1, harvest.lists_only),
)
ATTACK = {attack.name: attack for attack in ATTACKS}
