"""What a row of the comparison is: sides that take turns, what is compared, and what is aimed at."""
import json, statistics, sys
from dataclasses import dataclass
from typing import Callable

from measure import Missing, median_of


@dataclass(frozen=True)
class Ratio:
    """One side's figure to another's, in each turn; their median is compared with the recorded one."""
    figure: str
    to: str
    aim: float = None
    more: bool = True  # is better
    of: str = 'Sluice'

    @property
    def name(self):
        return '%s: %s to %s' % (self.figure, self.of, self.to)

    def of_turn(self, turn):
        return turn[self.of][self.figure] / turn[self.to][self.figure]


@dataclass(frozen=True)
class Bound:
    """A figure that is to stay on one side of a bound, whatever others do."""
    figure: str
    aim: float
    more: bool = False
    of: str = 'Sluice'


@dataclass(frozen=True)
class Row:
    id: str
    work: str
    sides: dict[str, Callable]  # by name: measures once, gives figures by name
    shows: str  # what the table tells of a side
    ratios: tuple = ()
    bounds: tuple = ()
    in_readme: bool = True
    turns: int = 1  # a repeat: many short ones where a small difference is looked for


def measure(row, repeats):
    """The row's figures, ratios, and sides that can't be had; sides take turns, and begin in turn."""
    turns, missing = [], {}
    for i in range(repeats * row.turns):
        turn = {}
        for name in list(row.sides)[::-1 if i % 2 else 1]:
            if name in missing:
                continue
            try:
                turn[name] = row.sides[name]()
                print('%s, %s: %s' % (row.id, name, brief(turn[name])), file=sys.stderr, flush=True)
            except Missing as why:
                missing[name] = str(why)
        turns.append(turn)
    there = [name for name in row.sides if name not in missing]
    return {
        'figures': {name: median_of([turn[name] for turn in turns]) for name in there},
        'ratios': {ratio.name: statistics.median(map(ratio.of_turn, turns))
                   for ratio in row.ratios if ratio.of in there and ratio.to in there},
        'missing': missing,
        'repeats': len(turns),
    }


def brief(figures):
    return json.dumps({name: float('%.4g' % value) for name, value in figures.items()})


def met(aim, value):
    return value >= aim.aim if aim.more else value <= aim.aim
