"""Paired rounds and what they say.

In each round all sides run once, in random order; a round gives one ratio (or difference). The
machine's mood changes from minute to minute but hardly within a round, so the median of the
rounds' ratios is steadier than the ratio of two medians. The interval is that of order statistics:
no shape of the noise is assumed.
"""

import math
import random
import statistics
from dataclasses import asdict, dataclass

WARM_UP = 2


@dataclass
class Goal:
    """What a ratio (`times`) or a difference (`plus`, in milliseconds) has to keep to."""

    kind: str  # "at least", "at most" or "plus"
    limit: float

    def met(self, value):
        return value >= self.limit if self.kind == "at least" else value <= self.limit

    def __str__(self):
        if self.kind == "plus":
            return f"≤ +{self.limit:g} ms"
        return f"{'≥' if self.kind == 'at least' else '≤'} {self.limit:.3g} ×"


@dataclass
class Outcome:
    """A row of the table: medians of both sides, and the median of the rounds with its interval."""

    name: str
    compares: str
    unit: str
    ours: float
    theirs: float
    value: float
    low: float
    high: float
    goal: Goal
    rounds: int

    @property
    def met(self):
        """`yes` and `no` where the whole interval agrees, `about` where it straddles the goal."""
        low, high = self.goal.met(self.low), self.goal.met(self.high)
        return "yes" if low and high else "about" if low or high else "no"

    def json(self):
        return asdict(self) | {"met": self.goal.met(self.value), "verdict": self.met}


def median_interval(values, confidence=0.95):
    """The narrowest pair of order statistics that covers the median with this confidence."""
    ordered = sorted(values)
    count = len(ordered)
    below, rank = 0.0, 0
    for index in range(count // 2):
        below += math.comb(count, index) / 2**count
        if below > (1 - confidence) / 2:
            break
        rank = index
    return ordered[rank], ordered[count - 1 - rank]


def compare(name, compares, ours, theirs, goal, rounds, unit="s", work=1, chance=None):
    """Runs the rounds of two sides. `work` is what a round does, where the unit is a rate."""
    times = measure(name, {"ours": ours, "theirs": theirs}, rounds, chance)
    return outcome(name, compares, goal, times["ours"], times["theirs"], unit, work)


def measure(name, sides, rounds, chance=None):
    """Runs the rounds; each side takes the round's number and returns (seconds, answer).

    Answers must be equal. Returns the seconds of each side, round by round.
    """
    chance = chance or random.Random(name)
    times = {side: [] for side in sides}
    for number in range(-WARM_UP, rounds):
        answers = {}
        order = list(sides)
        chance.shuffle(order)
        for side in order:
            seconds, answers[side] = sides[side](number % rounds)
            if number >= 0:
                times[side].append(seconds)
        first, *others = sides
        for side in others:
            if answers[side] != answers[first]:
                raise SystemExit(f"bench: {name}: {first} answered {answers[first]}, "
                                 f"{side} {answers[side]}")
    return times


def outcome(name, compares, goal, ours, theirs, unit, work=1):
    if goal.kind == "plus":
        values = [1000 * (mine - other) for mine, other in zip(ours, theirs)]
    elif unit.endswith("/s"):
        values = [other / mine for mine, other in zip(ours, theirs)]
    else:
        values = [mine / other for mine, other in zip(ours, theirs)]
    show = {"ms": lambda t: 1000 * t}.get(unit, lambda t: work / t if unit.endswith("/s") else t)
    low, high = median_interval(values)
    return Outcome(name, compares, unit, statistics.median(map(show, ours)),
                   statistics.median(map(show, theirs)), statistics.median(values), low, high,
                   goal, len(values))


def table(outcomes):
    """The outcomes as lines of text."""
    rows = [["benchmark", "ours", "theirs", "", "ratio", "95 % interval", "goal", "met"]]
    for one in outcomes:
        sign = "+" if one.goal.kind == "plus" else ""
        digits = 1 if one.goal.kind == "plus" else 2
        rows.append([
            one.name, number(one.ours), number(one.theirs), one.unit,
            f"{one.value:{sign}.{digits}f}" + (" ms" if sign else ""),
            f"{one.low:{sign}.{digits}f} … {one.high:{sign}.{digits}f}", str(one.goal), one.met])
    widths = [max(map(len, column)) for column in zip(*rows)]
    right = {1, 2, 4}
    return ["  ".join(cell.rjust(width) if index in right else cell.ljust(width)
                      for index, (cell, width) in enumerate(zip(row, widths))).rstrip()
            for row in rows]


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
