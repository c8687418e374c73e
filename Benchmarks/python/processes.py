"""What is measured: a worker that stays and runs on command, or a command that runs and ends."""

import subprocess
import sys
import time
from dataclasses import dataclass


class Worker:
    """A child that has set itself up; `run` sends a line, times the answer and returns both."""

    def __init__(self, *command):
        self._process = subprocess.Popen([str(word) for word in command], text=True, bufsize=1,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self._answer() != "ready":
            raise SystemExit(f"bench: {command[0]} did not get ready")

    def run(self, line="run"):
        start = time.perf_counter()
        self._process.stdin.write(line + "\n")
        answer = self._answer()
        return time.perf_counter() - start, answer

    def close(self):
        self._process.stdin.close()
        self._process.wait()

    def _answer(self):
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"bench: {self._process.args[0]} ended with {self._process.wait()}")
        return answer.strip()


@dataclass
class Finished:
    """A command that ran to its end: from fork to exit in seconds, its peak memory in KiB."""

    seconds: float
    peak: int
    output: str


class Spawner:
    """Runs whole processes through the Spawn program, which times them and sees their peak."""

    def __init__(self, program, scratch):
        self._program = program
        self._scratch = scratch
        self._file = scratch / "spawned"

    def run(self, command, environment, folder=None):
        self._file.unlink(missing_ok=True)
        command = [str(word) for word in command]
        done = subprocess.run([str(self._program), str(self._file), *command], env=environment,
                              cwd=folder or self._scratch, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.stderr.write(done.stdout + done.stderr)
            raise SystemExit(f"bench: exit {done.returncode} of {' '.join(command)}")
        seconds, peak = self._file.read_text().split()
        return Finished(float(seconds), int(peak), done.stdout)
