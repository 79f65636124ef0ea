"""Invented names of people and places, from small lists of syllables. Any likeness is chance."""


def words(text: str, between: str | None = None) -> tuple[str, ...]:
    """The words of a text, in order."""
    return tuple(word.strip() for word in text.split(between))


_SURNAME_HEADS = words("""
    Ab Ad Al An Ar Au Bar Bel Ber Bois Bou Bri Car Cha Cho Col Cou Da De Du Es Fa Fon For Ga Ger Gir Gra Gui Ha
    Her Hu Im Jac Jo La Le Lou Ma Mar Mer Mi Mon Na No Or Pa Pel Per Pi Pra Qué Ra Re Ri Ro Sa Ser Sou Ta Ter
    Tou Ur Va Ver Vi Wa Yv Za
""")
_SURNAME_TAILS = words("""
    bert bin cotte court dier don drin fray gneau gnon lain landeau lard let lier lin mand mard met mier nard
    neau net nier quet quin rand rault reau ret rin ron sier tard teau tin toux ville vron zac
""")
SURNAMES = tuple(head + tail for head in _SURNAME_HEADS for tail in _SURNAME_TAILS)

WOMEN = words("""
    Adèle Agathe Alice Anaïs Anne Aurore Béatrice Camille Carole Chloé Claire Denise Élise Émilie Estelle Fanny
    Florence Gisèle Hélène Inès Jeanne Josette Julie Juliette Laure Léa Louise Lucie Madeleine Manon Marie Mathilde
    Monique Nadia Nathalie Odette Paulette Rose Sarah Simone Solène Sophie Sylvie Yvette Zoé
""")
MEN = words("""
    Adrien Albert Alain Antoine Arthur Bastien Benoît Bernard Charles Christian Damien Daniel Denis Émile Étienne
    Fabrice François Gabriel Georges Gérard Gilles Guillaume Henri Hugo Jacques Jean Jérôme Jules Julien Karim Léo
    Louis Luc Lucien Marc Martin Mathieu Maurice Nicolas Olivier Paul Philippe Pierre René Robert Simon Théo Victor
""")

_TOWN_HEADS = words("Aubre Belle Brenne Chante Clair Corbe Douve Épine Fare Grande Haute Isle Lierre Marne Neuve Orge")
_TOWN_TAILS = words("bourg bosc champ court font fosse lande mare mesnil mont pont rive val ville")
TOWNS = tuple(head + tail for head in _TOWN_HEADS for tail in _TOWN_TAILS)

STREETS = words(
    """rue des Tilleuls, rue du Lavoir, place du Marché, rue de l'Église, chemin des Prés, rue du Moulin,
    allée des Érables, rue des Écoles, impasse du Puits, avenue de la Gare, rue du Four, quai des Mariniers,
    rue Haute, rue Basse""",
    ",",
)
