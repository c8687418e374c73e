"""Runs the benchmarks: `scripts/bench [NAME …] [--rounds N]`; without a name, the usual ones."""

import argparse
import json
import os
import pathlib
import platform
import sys
import tempfile

import building
import encoding
import explaining
import filtering
import importing
import indexing
import loading
import migrating
import million
import neighbours
import paired
import recommending
from processes import Spawner
from server import Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "Benchmarks" / "results" / "latest.json"
BENCHMARKS = {
    "neighbours": neighbours.run,
    "loading": loading.run,
    "migrating": migrating.run,
    "importing": importing.run,
    "recommending": recommending.run,
    "explaining": explaining.run,
    "indexing": indexing.run,
    "filtering": filtering.run,
    "building": building.run,
    "encoding": encoding.run,
    "million": million.run,
}
# encoding needs sentence-transformers, which is large, indexing ten minutes and million half an hour: they run only
# when they are named.
USUAL = [name for name in BENCHMARKS if name not in ("encoding", "indexing", "million")]


class Bench:
    """What every benchmark needs: a server, a folder of its own, the programs built for it."""

    def __init__(self, server, scratch, options):
        self.server = server
        self.scratch = scratch
        self.dbtool = ROOT / ".build" / "release" / "dbtool"
        self.psql = server.bin / "psql"  # the server's own: a distribution's may be a wrapper
        self._options = options
        self._spawner = Spawner(self.program("Spawn"), scratch)

    def rounds(self, usual):
        """Fifteen at the least: below that an interval of 95 % is hardly one."""
        return max(15, self._options.rounds or usual)

    def program(self, name):
        return self._options.programs.resolve() / name

    def spawn(self, command, database, folder=None):
        """Runs a command to its end, with the variables that lead to a database.

        In the scratch folder, if no other is named.
        """
        return self._spawner.run(command, self.server.environment(database), folder)

    def migrated(self, database):
        """Makes a database with this repository's migrations, the movie database."""
        self.server.create(database)
        self.spawn([self.dbtool, "migrate", "--dir", ROOT / "migrations"], database)

    def say(self, text):
        print(f"  {text}", file=sys.stderr)


def main():
    options = parse()
    outcomes = []
    names = options.names or USUAL
    settings = million.SETTINGS if "million" in names else {}
    with Server(options.postgres, settings) as server, tempfile.TemporaryDirectory() as scratch:
        bench = Bench(server, pathlib.Path(scratch), options)
        for name in names:
            print(f"bench: {name}", file=sys.stderr)
            outcomes += BENCHMARKS[name](bench)
    print("\n".join(paired.table(outcomes)))
    write(outcomes)


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each, at least 15")
    parser.add_argument("--postgres", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    return options


def write(outcomes):
    RESULTS.parent.mkdir(exist_ok=True)
    machine = {"system": platform.platform(), "cores": os.cpu_count(), "load": os.getloadavg()}
    results = {"machine": machine, "outcomes": [one.json() for one in outcomes]}
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    print(f"bench: written to {RESULTS.relative_to(ROOT)}", file=sys.stderr)


main()
