#!/usr/bin/env python3
"""Does Belay compute what Python computes? Draws cases, lets Python compute them, runs Belay on them, and compares.

    differential.py [--cases 3000] [--seed 1] [--areas A,B] [--folder DIR] [--first N] [--keep]
    differential.py again FOLDER            one case that was kept, made and run again
    differential.py sample DIR OUT [N]      N [100] equal cases of a DIR with --keep, a zip in OUT for each area: the sample of the suite

A case is equal, refused (Belay says why), different, or crashed. The report counts them by area and groups the refusals by their words. Cases that are
not equal stay in DIR; --keep keeps all. Exit code 1 if a case is different or crashed, or if more than 6 % are refused.

BELAY_PYTHON names a Python with tensorflow-cpu 2.10.1 and transformers 4.26.1, BELAY_PYTORCH one with torch and transformers 5: areas whose Python is
not named are left out, with a word. BELAY_CLASSPATH names compiled classes and jars; without it the checkout is built.
"""
import argparse
import collections
import concurrent.futures
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CHUNK = 60
MOST_REFUSED = 0.06
NAME = re.compile(r"(\w+)-(\d+)-(\d+)$")
INTERPRETERS = {"tensorflow": "BELAY_PYTHON", "pytorch": "BELAY_PYTORCH"}


def areas():
    """Name of each area -> (variable that names its Python, share of the cases)."""
    found = {}
    for file in sorted((HERE / "areas").glob("*.py")):
        text = file.read_text()
        interpreter = re.search(r'^INTERPRETER = "(\w+)"', text, re.MULTILINE)
        if interpreter:
            share = re.search(r"^SHARE = ([\d.]+)", text, re.MULTILINE)
            found[file.stem] = (INTERPRETERS[interpreter.group(1)], float(share.group(1)) if share else 1.0)
    return found


def classpath():
    if os.environ.get("BELAY_CLASSPATH"):
        return os.environ["BELAY_CLASSPATH"]
    subprocess.run(["./mvnw", "-q", "-B", "-pl", "tools", "-am", "-DskipTests", "package"], cwd=ROOT, check=True)
    parts = [ROOT / "savedmodel/target/test-classes", ROOT / "tools/target/test-classes"]
    parts += [ROOT / room / "target/classes" for room in ("tools", "train", "graph", "savedmodel")]
    return ":".join(map(str, parts)) + f":{ROOT}/tools/target/lib/*"


def java(folder, path):
    """Runs all cases below a folder; a case that ends the JVM is crashed, and the others go on in a new one."""
    launcher = {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "RUST_FLAVOR": "cpu", "LC_ALL": "C.UTF-8"}
    binary = os.path.join(os.environ["JAVA_HOME"], "bin/java") if os.environ.get("JAVA_HOME") else "java"
    command = [binary, "-Xmx2g", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", "-Dorg.bytedeco.javacpp.maxBytes=0",
               "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0", "-cp", path, "dev.belay.tools.differential.DifferentialProgram", str(folder)]
    while True:
        end = subprocess.run(command, env={**launcher, **os.environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if end.returncode == 0:
            return
        running = folder / "running"
        if not running.exists():
            sys.exit(f"the runner did not start: {end.stdout[-2000:]}")
        case = folder / running.read_text().strip()
        running.unlink()
        if not (case / "found.json").exists():
            reason = f"the process ended with {end.returncode}: {end.stdout.strip()[-600:]}"
            (case / "found.json").write_text(json.dumps({"verdict": "crashed", "reason": reason}))


def make(area, python, seed, first, count, folder):
    """Draws and computes cases; a case that ends Python itself is left out."""
    number = first
    while number < first + count:
        command = [python, str(HERE / "worker.py"), "make", area, str(seed), str(number), str(first + count - number), str(folder)]
        end = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        done = [line for line in end.stdout.splitlines() if re.match(r"(not )?made ", line)]
        number += len(done)
        if end.returncode != 0:
            if not done and number == first:
                print(f"{area}: its first case cannot be made: {end.stderr.strip()[-1500:]}", file=sys.stderr)
            number += 1  # Python died over this one
        elif number < first + count:
            number = first + count


def back(folder, python):
    cases = [path.parent for path in sorted(folder.glob("*/found.json")) if json.loads(path.read_text())["verdict"] == "equal"]
    while cases:
        end = subprocess.run([python, str(HERE / "worker.py"), "back", *map(str, cases)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if end.returncode == 0:
            return
        done = len([line for line in end.stdout.splitlines() if line.startswith("looked ")])
        if done < len(cases):
            found = {"verdict": "different", "reason": "back: Python died over what Belay wrote: " + end.stderr.strip()[-300:]}
            (cases[done] / "found.json").write_text(json.dumps(found))
        cases = cases[done + 1:]


def signature(reason):
    """The words of a reason, without names and numbers."""
    words = re.sub(r"/\S+", "PATH", reason)
    words = re.sub(r"'[^']*'|\"[^\"]*\"", "''", words)
    words = re.sub(r"\S*\d\S*", "0", words)
    return re.sub(r"\s+", " ", words)[:110]


class Tally:
    """Counts by area, and the reasons of all cases that are not equal."""

    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)
        self.reasons = collections.defaultdict(list)

    def add(self, folder, area, keep):
        for case in sorted(folder.iterdir()):
            if not case.is_dir():
                continue
            if (case / "not_made.txt").exists():
                self.counts[area]["not made"] += 1
            elif (case / "found.json").exists():
                found = json.loads((case / "found.json").read_text())
                self.counts[area][found["verdict"]] += 1
                if found["verdict"] != "equal":
                    self.reasons[found["verdict"], signature(found["reason"])].append((case, found["reason"]))
                    continue
            if not keep:
                shutil.rmtree(case)

    def total(self, verdict):
        return sum(counts[verdict] for counts in self.counts.values())

    def report(self, out):
        columns = ("equal", "refused", "different", "crashed", "not made")
        print(f"{'area':22}" + "".join(f"{column:>11}" for column in columns), file=out)
        for area, counts in sorted(self.counts.items()):
            print(f"{area:22}" + "".join(f"{counts[column]:11}" for column in columns), file=out)
        print(f"{'all':22}" + "".join(f"{self.total(column):11}" for column in columns), file=out)
        for verdict in ("crashed", "different", "refused"):
            kinds = sorted((item for item in self.reasons.items() if item[0][0] == verdict), key=lambda item: -len(item[1]))
            for (_, _), cases in kinds:
                case, reason = cases[0]
                print(f"\n{verdict} {len(cases)}: {reason[:600]}\n    {case}", file=out)

    def good(self):
        cases = self.total("equal") + self.total("refused") + self.total("different") + self.total("crashed")
        return cases > 0 and self.total("different") == 0 and self.total("crashed") == 0 and self.total("refused") <= MOST_REFUSED * cases


def chunks(options, chosen):
    """(area, first case, count), the areas in turn."""
    whole = sum(share for _, share in chosen.values())
    left = {area: round(options.cases * share / whole) for area, (_, share) in chosen.items()}
    next_case = {area: options.first for area in chosen}
    while any(left.values()):
        for area in chosen:
            count = min(CHUNK, left[area])
            if count:
                yield area, next_case[area], count
                next_case[area] += count
                left[area] -= count


def run(options):
    chosen = {}
    for area, (variable, share) in areas().items():
        if options.areas and area not in options.areas.split(","):
            continue
        if os.environ.get(variable):
            chosen[area] = (variable, share)
        else:
            print(f"{area} is left out: {variable} names no Python", file=sys.stderr)
    if not chosen:
        sys.exit("no area is left to draw from")
    path = classpath()
    top = pathlib.Path(options.folder or tempfile.mkdtemp(prefix="belay-differential-"))
    top.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    begin = time.time()

    def made(chunk):
        area, first, count = chunk
        folder = top / f"{area}-{first:05d}"
        folder.mkdir(exist_ok=True)
        python = os.environ[chosen[area][0]]
        make(area, python, options.seed, first, count, folder)
        return area, python, folder

    # Python makes the next chunk while Java runs this one.
    with concurrent.futures.ThreadPoolExecutor(1) as maker:
        plan = list(chunks(options, chosen))
        coming = maker.submit(made, plan[0])
        for position in range(len(plan)):
            area, python, folder = coming.result()
            if position + 1 < len(plan):
                coming = maker.submit(made, plan[position + 1])
            java(folder, path)
            back(folder, python)
            tally.add(folder, area, options.keep)
            counts = ", ".join(f"{tally.total(verdict)} {verdict}" for verdict in ("equal", "refused", "different", "crashed"))
            print(f"{time.time() - begin:6.0f} s  {folder.name}: {counts}", file=sys.stderr, flush=True)
    tally.report(sys.stdout)
    return 0 if tally.good() else 1


def again(folder):
    case = pathlib.Path(folder).resolve()
    area, seed, number = NAME.match(case.name).groups()
    variable, _ = areas()[area]
    parent = pathlib.Path(tempfile.mkdtemp(prefix="belay-differential-"))
    make(area, os.environ[variable], int(seed), int(number), 1, parent)
    java(parent, classpath())
    back(parent, os.environ[variable])
    print((parent / case.name / "found.json").read_text(), parent / case.name, sep="\n")
    return 0


def sample(folder, out, cases=100):
    """Cases of every area, small ones first: what the suite runs on every machine."""
    equal = collections.defaultdict(list)
    for found in sorted(pathlib.Path(folder).glob("*/*/found.json")):
        if json.loads(found.read_text())["verdict"] == "equal":
            equal[NAME.match(found.parent.name).group(1)].append(found.parent)
    shares = {area: share for area, (_, share) in areas().items() if area in equal}
    for area, share in shares.items():
        count = math.ceil(cases * share / sum(shares.values()))
        smallest = sorted(equal[area], key=size)[:count]
        with zipfile.ZipFile(pathlib.Path(out) / f"{area}.zip", "w") as archive:
            for case in sorted(smallest):
                for file in inputs(case):
                    entry = zipfile.ZipInfo(str(file.relative_to(case.parent)))  # no times: the same bytes again
                    archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, 9)
        print(f"{area}: {len(smallest)} of {len(equal[area])}", file=sys.stderr)
    return 0


def inputs(case):
    """The files that Python wrote, case.json last of all; what is newer, Belay wrote."""
    made = (case / "case.json").stat().st_mtime_ns
    return sorted(file for file in case.rglob("*") if file.is_file() and file.stat().st_mtime_ns <= made)


def size(case):
    return sum(file.stat().st_size for file in inputs(case))


def main():
    if sys.argv[1:2] == ["again"]:
        return again(sys.argv[2])
    if sys.argv[1:2] == ["sample"]:
        return sample(*sys.argv[2:4], *map(int, sys.argv[4:]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of each area's first case")
    parser.add_argument("--areas", help="only these, divided by commas")
    parser.add_argument("--folder", help="where the cases lie (default: a new temporary folder)")
    parser.add_argument("--keep", action="store_true", help="keep equal cases too")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
