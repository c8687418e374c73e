"""Building and rendering a statement, against twenty millionths of a second."""

from paired import Goal, compare
from processes import Worker

COUNT = 2_000
LIMIT = 20e-6


def run(bench):
    worker = Worker(bench.program("ClientWorker"), "build", COUNT)
    _, answer = worker.run()
    yield compare(
        "building a statement", f"profile, filter, unseen, reasons, {COUNT:,} times; 20 µs each",
        lambda _: worker.run(), lambda _: (LIMIT * COUNT, answer), Goal("at most", 1.0),
        bench.rounds(31), "s")
    worker.close()
