#!/usr/bin/env python3
"""Runs two programs in turn on one machine: one is stopped while the other works, and after SLICE seconds they change.

    python in_turn.py SLICE SCRIPT_A SCRIPT_B

Both see the same minutes of a machine that others share, which two runs one after the other do not.  A step that was under way when its program
was stopped lasts a slice longer than the others; whoever reads the times leaves those out.  Exit code: the first that is not 0.
"""
import os
import signal
import subprocess
import sys


def main(slice_seconds, scripts):
    # Each gets a process group of its own, so that what it starts is stopped with it.
    programs = [subprocess.Popen(["bash", "-c", script], start_new_session=True) for script in scripts]
    try:
        os.killpg(programs[1].pid, signal.SIGSTOP)
        turn = 0
        while all(program.poll() is None for program in programs):
            try:
                programs[turn].wait(slice_seconds)
                break
            except subprocess.TimeoutExpired:
                os.killpg(programs[turn].pid, signal.SIGSTOP)
                turn = 1 - turn
                os.killpg(programs[turn].pid, signal.SIGCONT)
        for program in programs:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGCONT)
        codes = [program.wait() for program in programs]
        return next((code for code in codes if code), 0)
    finally:
        for program in programs:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
