"""A made-up list of domains, the same for the same size.

One entry in eight was written before, or is below one that was. The others are of one to three labels below a top-level
label, from words that come back: the more entries, the more of them are covered by others. 20,000 entries leave about
15,600, of 16 octets on average, two labels or three.
"""

import random

CONSONANTS, VOWELS = "bcdfghklmnprstvwz", "aeiou"
TOPS = ["com"] * 46 + ["net"] * 14 + ["org"] * 9 + ["io"] * 6 + ["de"] * 7 + ["uk"] * 3 + ["fr"] * 4 + ["nl"] * 3 + ["jp"] * 3 + ["app"] * 3 + ["info"] * 2
SERVICES = ["cdn", "api", "img", "static", "ads", "login", "data", "mail", "eu", "us", "m", "s3", "events", "track", "update", "assets"]


def words(chance, count):
    """Made-up words of two or three syllables, no two the same."""
    found = {}
    while len(found) < count:
        syllables = chance.choice([2, 3, 3])
        word = "".join(chance.choice(CONSONANTS) + chance.choice(VOWELS) for _ in range(syllables))
        found[word + chance.choice(["", "", "n", "x", "r"])] = None
    return list(found)


def entries(count, seed=20):
    """So many entries: each means the name and everything below it."""
    chance = random.Random(seed)
    vocabulary = words(chance, 3_300)
    written = []
    for _ in range(count):
        if written and chance.random() < 0.125:
            earlier = chance.choice(written)
            written.append(chance.choice([earlier, f"{chance.choice(SERVICES)}.{earlier}"]))
            continue
        # Few sites are many people's: a word that is low in the list comes more often.
        site = vocabulary[int(len(vocabulary) * chance.random() ** 2)]
        if chance.random() < 0.55:
            site += chance.choice(["", "-"]) + chance.choice(vocabulary)[:6]
        name = f"{site}.{chance.choice(TOPS)}"
        if chance.random() < 0.42:
            name = f"{chance.choice(SERVICES)}{chance.choice(['', str(chance.randrange(40))])}.{name}"
        written.append(name)
    return written


def minimal(names):
    """Those that no other covers, sorted."""
    own = set(names)

    def covered(name):
        while "." in name:
            name = name.partition(".")[2]
            if name in own:
                return True
        return False

    return sorted(name for name in own if not covered(name))
