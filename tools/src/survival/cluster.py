#!/usr/bin/env python3
"""Loses workers of a training in all the ways that machines and networks do, and looks whether what comes out is what an undisturbed run gives.

  tools/src/survival/cluster.py faults [N]    N rounds [1] of: chief killed, worker killed, chief stopped, worker stopped, network cut, disk of the chief full,
                                              SIGTERM of a worker, SIGTERM of the chief
  tools/src/survival/cluster.py kills [N]     kill -9 of random workers of four until N kills fell, in one training that restarts by itself
  tools/src/survival/cluster.py links         20 steps over slow and lossy links: the same bytes, and how long a step and its all-reduce take

Each worker runs in a network namespace of its own, joined by virtual cables to one bridge: needs the right to make them (root, iproute2).

  --seed S          instants and victims [1]
  --together K      rounds at the same time, each in its own namespaces [1]
  --only EVENT,...  only these faults
  --timeout T       seconds for --worker-timeout [20]
  --workers N,...   links: numbers of workers [2,4]
  --more OPTIONS    links: further options of the training
  --work DIR        where it works; a new temporary directory otherwise

BELAY=PATH names a build that does not change meanwhile; by default ./belay of this checkout. A line for every round; the last line is the verdict, and the exit
code is 0 only if every survivor ended as docs/distributed.md says and every run went on to the bytes of the undisturbed one.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BELAY = os.environ.get("BELAY", str(ROOT / "belay"))
STEPS = 60
LOST, STOPPED = 76, 75
EVENTS = ["kill-chief", "kill-worker", "stop-chief", "stop-worker", "cut", "disk", "term-worker", "term-chief"]
# A slow machine needs as long to start; no deadline of Belay's has to do with it.
PATIENCE = 400
LINKS = {
    "as it is": None,
    "1 Gbit/s": ["tbf", "rate", "1gbit", "burst", "256kbit", "latency", "400ms"],
    "100 Mbit/s": ["tbf", "rate", "100mbit", "burst", "64kbit", "latency", "400ms"],
    "1 ms": ["netem", "delay", "1ms"],
    "10 ms": ["netem", "delay", "10ms"],
    "1 % lost": ["netem", "loss", "1%"],
}
UNTIMED = ("ms", "sec", "time", "per_s", "bytes", "tokens_per")


class Network:
    """Namespaces of the workers of one round, on a bridge in a namespace of its own."""

    def __init__(self, name, workers):
        self.name, self.workers = name, workers
        self.remove()
        self.ip("netns", "add", f"{name}b")
        self.ip("-n", f"{name}b", "link", "add", "br0", "type", "bridge")
        self.ip("-n", f"{name}b", "link", "set", "br0", "up")
        for i in range(workers):
            self.ip("netns", "add", f"{name}{i}")
            self.ip("-n", f"{name}{i}", "link", "set", "lo", "up")
            self.ip("-n", f"{name}{i}", "link", "add", "eth0", "type", "veth", "peer", "name", f"p{i}", "netns", f"{name}b")
            self.ip("-n", f"{name}{i}", "addr", "add", f"10.77.0.{i + 1}/24", "dev", "eth0")
            self.ip("-n", f"{name}{i}", "link", "set", "eth0", "up")
            self.ip("-n", f"{name}b", "link", "set", f"p{i}", "master", "br0")
            self.ip("-n", f"{name}b", "link", "set", f"p{i}", "up")

    @staticmethod
    def ip(*arguments, check=True):
        subprocess.run(["ip", *arguments], check=check, stderr=None if check else subprocess.DEVNULL)

    def link(self, worker, state):
        self.ip("-n", f"{self.name}b", "link", "set", f"p{worker}", state)

    def shape(self, worker, *rule):
        """Whether the kernel can."""
        command = ["ip", "netns", "exec", f"{self.name}{worker}", "tc", "qdisc", "replace", "dev", "eth0", "root", *rule]
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0

    def remove(self):
        for suffix in ["b", *range(self.workers)]:
            self.ip("netns", "del", f"{self.name}{suffix}", check=False)


def options(data, out, save):
    return ["train", "--config", str(ROOT / "examples/sentiment/train.yaml"), "--output-dir", str(out),
            "--train-file", str(data / "train.tsv"), "--validation-file", str(data / "dev.tsv"), "--train-batch-size", "7",
            "--num-train-epochs", "10", "--save-steps", str(save), "--seed", "3", "--dropout", "off", "--threads", "1", "--device", "cpu"]


def environment():
    return dict(os.environ, BELAY_JAVA_OPTS=os.environ.get("BELAY_JAVA_OPTS", "-XX:TieredStopAtLevel=1"))


def start(network, data, out, timeout, more=()):
    """One process for each worker; its messages go to OUT.I.log."""
    hosts = ",".join(f"10.77.0.{i + 1}:2222" for i in range(network.workers))
    processes = []
    for i in range(network.workers):
        command = ["ip", "netns", "exec", f"{network.name}{i}", BELAY, *options(data, out, 20), "--cluster-hosts", hosts, "--cluster-index", str(i),
                   "--worker-timeout", str(timeout), *more]
        log = open(f"{out}.{i}.log", "ab")
        processes.append(subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=log, start_new_session=True))
    return processes


def events(out):
    try:
        with open(out / "metrics.jsonl") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def step(out):
    return max([line["step"] for line in events(out) if line["event"] == "train"], default=0)


def ends(processes, seconds):
    """Exit code and seconds of each that ends within so many."""
    begin, found = time.time(), {}
    while len(found) < len(processes) and time.time() - begin < seconds:
        for i, process in processes.items():
            if i not in found and process.poll() is not None:
                found[i] = (process.returncode, round(time.time() - begin, 1))
        time.sleep(0.02)
    return found


def fingerprint(out):
    """Of all that a run has learned: its export, its last checkpoint, the numbers of its steps."""
    digest = hashlib.sha256()
    last = sorted((out / "checkpoints").glob("step-*"))[-1]
    for folder in (out / "export", last):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.name not in ("manifest.json", "belay.json"):
                digest.update(str(file.relative_to(out)).encode() + b"\0" + file.read_bytes())
    for line in events(out):
        if line["event"] == "train":
            digest.update(json.dumps({k: v for k, v in line.items() if not any(word in k for word in UNTIMED)}).encode())
    return digest.hexdigest()[:16]


def kill_all(processes):
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def victim_of(event):
    return 0 if event.endswith("chief") else 1


def strike(event, network, processes, out, filler):
    victim = processes[victim_of(event)]
    if event.startswith("kill"):
        os.killpg(victim.pid, signal.SIGKILL)
    elif event.startswith("stop"):
        os.killpg(victim.pid, signal.SIGSTOP)
    elif event.startswith("term"):
        os.kill(victim.pid, signal.SIGTERM)
    elif event == "cut":
        network.link(1, "down")
    elif event == "disk":
        with open(filler, "wb") as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
                    file.flush()
            except OSError:
                pass


def undo(event, network, processes, filler):
    if event == "cut":
        network.link(1, "up")
    if event == "disk":
        os.unlink(filler)
    if event.startswith("stop"):
        victim = processes[victim_of(event)]
        os.killpg(victim.pid, signal.SIGCONT)
        return ends({victim_of(event): victim}, 60)
    return {}


def verdict(event, found, timeout, out):
    """What is wrong with how the workers ended; empty if nothing is."""
    wrong = []
    for i in range(2):
        if event.startswith(("kill", "stop")) and i == victim_of(event):
            continue
        code, seconds = found.get(i, (None, None))
        wanted = {STOPPED} if event.startswith("term") else {LOST}
        if event == "disk" and i == 0:
            wanted = {5, LOST}
        if code not in wanted:
            wrong.append(f"worker {i} ended with {code}")
        elif seconds > timeout + 5:
            wrong.append(f"worker {i} took {seconds} s")
    if event.startswith("term"):
        newest = sorted((out / "checkpoints").glob("step-*"))[-1]
        if int(newest.name.split("-")[1]) != step(out):
            wrong.append(f"the checkpoint is {newest.name}, the last step {step(out)}")
    return wrong


def round_of(event, number, arguments, data, work, expected):
    at = random.Random(f"{arguments.seed} {event} {number}").randrange(2, STEPS - 8)
    name = f"b{threading.get_ident() % 997}x"
    folder = work / f"{event}-{number}"
    folder.mkdir()
    if event == "disk":
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", folder], check=True)
    out, filler = folder / "run", folder / "filler"
    network = Network(name, 2)
    processes = []
    try:
        processes = start(network, data, out, arguments.timeout)
        begin = time.time()
        while step(out) < at and all(p.poll() is None for p in processes) and time.time() - begin < PATIENCE:
            time.sleep(0.01)
        struck = step(out)
        strike(event, network, processes, out, filler)
        waiting = {i: p for i, p in enumerate(processes) if not (event.startswith(("kill", "stop")) and i == victim_of(event))}
        found = ends(waiting, arguments.timeout + 60)
        wrong = verdict(event, found, arguments.timeout, out) if event != "disk" or found else ["nobody ended"]
        woken = undo(event, network, processes, filler)
        if event.startswith("stop") and woken.get(victim_of(event), (None,))[0] != LOST:
            wrong.append(f"the stopped worker, woken, ended with {woken}")
        kill_all(processes)
        again = start(network, data, out, arguments.timeout + 60)
        resumed = ends(dict(enumerate(again)), PATIENCE)
        kill_all(again)
        if any(resumed.get(i, (None,))[0] != 0 for i in range(2)):
            wrong.append(f"the same command then ended with {resumed}")
        elif fingerprint(out) != expected:
            wrong.append("the resumed run has other bytes")
        print(f"{event} {number}: at step {struck}, ends {found}{f', woken {woken}' if woken else ''}: {'; '.join(wrong) or 'right'}", flush=True)
        if not wrong and event != "disk":
            subprocess.run(["rm", "-rf", folder])
        return event, not wrong, max([seconds for _, seconds in found.values()], default=0)
    finally:
        kill_all(processes)
        network.remove()
        if event == "disk":
            subprocess.run(["umount", "-l", folder])


def prepare(work):
    data = work / "data"
    data.mkdir(parents=True)
    for name, file, rows in (("train", "train.tsv", 40), ("dev", "dev.tsv", 16)):
        lines = (ROOT / "examples/sentiment" / file).read_text().splitlines(keepends=True)
        (data / f"{name}.tsv").write_text("".join(lines[:rows + 1]))
    return data


def undisturbed(data, work, workers, timeout):
    network = Network("bu", workers)
    try:
        out = work / f"undisturbed-{workers}" / "run"
        out.parent.mkdir()
        found = ends(dict(enumerate(start(network, data, out, timeout + 60))), PATIENCE)
        if any(found.get(i, (None,))[0] != 0 for i in range(workers)):
            sys.exit(f"the undisturbed run ended with {found}: see {out}.0.log")
        return fingerprint(out)
    finally:
        network.remove()


def faults(arguments, data, work):
    expected = undisturbed(data, work, 2, arguments.timeout)
    chosen = [(event, number) for number in range(arguments.count or 1) for event in (arguments.only.split(",") if arguments.only else EVENTS)]
    with concurrent.futures.ThreadPoolExecutor(arguments.together) as pool:
        done = list(pool.map(lambda one: round_of(*one, arguments, data, work, expected), chosen))
    right = sum(ok for _, ok, _ in done)
    for event in dict.fromkeys(event for event, _, _ in done):
        own = [(ok, seconds) for name, ok, seconds in done if name == event]
        print(f"{event}: {sum(ok for ok, _ in own)} of {len(own)}, seconds until all had ended at most {max(s for _, s in own)}")
    print(f"{right} of {len(done)} rounds right")
    return right == len(done)


def children(process):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout.split()
    return [int(pid) for pid in listed]


def kills(arguments, data, work):
    expected = undisturbed(data, work, 4, arguments.timeout)
    count, drawn = arguments.count or 200, random.Random(arguments.seed)
    out = work / "kills" / "run"
    out.parent.mkdir()
    command = [BELAY, *options(data, out, 1), "--workers", "4", "--max-restarts", str(count + 3), "--worker-timeout", str(arguments.timeout + 60)]
    with open(f"{out}.log", "ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
    fallen, seen, begin = 0, set(), time.time()
    while process.poll() is None and fallen < count:
        workers = children(process)
        if len(workers) == 4 and not seen & set(workers):
            seen |= set(workers)
            before, goal, patience = step(out), step(out) + drawn.choice([0, 0, 1, 1, 2]), time.time() + PATIENCE
            if goal == before:
                time.sleep(drawn.random() * 8)
            while process.poll() is None and step(out) < min(goal, STEPS - 2) and time.time() < patience:
                time.sleep(0.02)
            # Now and then two at once, as when a machine of two workers goes.
            for victim in drawn.sample(workers, drawn.choice([1, 1, 1, 2])):
                try:
                    os.kill(victim, signal.SIGKILL)
                    fallen += 1
                except ProcessLookupError:
                    pass
            if fallen % 10 < 2:
                print(f"{fallen} kills, step {step(out)}, {time.time() - begin:.0f} s", flush=True)
        time.sleep(0.05)
    code = process.wait()
    same = code == 0 and fingerprint(out) == expected
    print(f"{fallen} kills: exit code {code}, {'the bytes' if same else 'NOT the bytes'} of the undisturbed run, {time.time() - begin:.0f} s")
    return same and fallen >= count


def links(arguments, data, work):
    right, expected = True, {}
    for number, (workers, (name, rule)) in enumerate((workers, link) for workers in arguments.workers for link in LINKS.items()):
        network = Network("bl", workers)
        try:
            if rule and not all(network.shape(i, *rule) for i in range(workers)):
                print(f"{workers} workers, {name}: this kernel has no {rule[0]}", flush=True)
                continue
            out = work / f"link-{number}" / "run"
            out.parent.mkdir()
            more = ["--max-steps", "20", "--log-worker-times", "1", *arguments.more.split()]
            found = ends(dict(enumerate(start(network, data, out, 120, more))), PATIENCE)
            same = all(found.get(i, (None,))[0] == 0 for i in range(workers)) and fingerprint(out) == expected.setdefault(workers, fingerprint(out))
            print(f"{workers} workers, {name}: {times(out)}, {'same bytes' if same else f'WRONG: {found}'}", flush=True)
            right &= same
        finally:
            network.remove()
    return right


def times(out):
    """Medians of the steps after the first five, in milliseconds: the step, and the share of it that the fastest worker waited."""
    steps = [line["step_ms"] for line in events(out) if line["event"] == "train"][5:]
    waits = [min(line["wait_ms"]) for line in events(out) if line["event"] == "workers"][5:]
    return f"step {statistics.median(steps):.1f} ms, all-reduce {statistics.median(waits):.1f} ms" if steps and waits else "no steps"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["faults", "kills", "links"])
    parser.add_argument("count", nargs="?", type=int)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--together", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--timeout", type=int, default=20)
    parser.add_argument("--workers", type=lambda text: [int(part) for part in text.split(",")], default=[2, 4])
    parser.add_argument("--more", default="")
    parser.add_argument("--work", type=pathlib.Path)
    arguments = parser.parse_args()
    work = (arguments.work or pathlib.Path(tempfile.mkdtemp())).resolve()
    data = prepare(work)
    right = {"faults": faults, "kills": kills, "links": links}[arguments.what](arguments, data, work)
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
