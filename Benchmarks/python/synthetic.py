"""Invented input of the shape and size of the public data sets, for machines without them."""

import csv
import random

HEADER = ["show_id", "type", "title", "director", "cast", "country", "date_added",
          "release_year", "rating", "duration", "listed_in", "description"]
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
SYLLABLES = "ba ce di fo gu ka le mi no pu ra se ti vo zu an er in or um".split()
SHOWS = 8_807


def netflix(path, rows=SHOWS):
    """A CSV like the public list of Netflix titles: quoted commas, empty fields, CRLF."""
    chance = random.Random(5)
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(4000)]

    def text(count):
        return " ".join(chance.choices(words, k=count))

    def names(count):
        return ", ".join(text(2).title() for _ in range(count))

    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(1, rows + 1):
            writer.writerow([
                f"s{number}", chance.choice(["Movie", "TV Show"]), text(3).title(),
                names(chance.randint(0, 1)), names(chance.randint(0, 14)), text(1).title(),
                f"{chance.randint(1, 28)}-{chance.choice(MONTHS)}-{chance.randint(8, 21):02}",
                chance.randint(1990, 2021), "TV-MA", f"{chance.randint(60, 180)} min",
                f"{text(2)}, {text(2)}", text(18).capitalize() + ", " + text(4) + "."])


def repeat(source, path, times):
    """A copy of a CSV with all its rows, `times` over, under ids of their own."""
    with open(source, newline="", encoding="utf-8-sig") as file:
        header, *rows = csv.reader(file)
    number = 0
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for _ in range(times):
            for row in rows:
                number += 1
                writer.writerow([f"s{number}", *row[1:]])
