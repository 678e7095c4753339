#!/usr/bin/env python3
"""Executes a target of the Dockerfile in folders, without Docker: every RUN for real, in a chroot, as the user it names.

    sudo tools/src/container/build_root.py --target workbench --base ROOTFS --work DIR

The steps are read from the Dockerfile itself. ROOTFS is a tree of the base image, for example what debootstrap makes; a stage starts as a copy of
the one before it, and DIR/STAGE is what it ends as. Cache mounts are folders below DIR/cache that stay. What debootstrap's Debian lacks is given by
hand: --provide-python PREFIX puts a Python 3.10 where Ubuntu's package has it. Afterwards

    sudo tools/src/container/build_root.py --work DIR --enter workbench -- belay doctor

runs a command in a root as the image would: with its environment, its user and its folder.
"""
import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


def instructions(dockerfile):
    """(line number, keyword, text) of each instruction, continuation lines joined."""
    joined, start = "", 0
    for number, line in enumerate(dockerfile.read_text().splitlines(), 1):
        if line.lstrip().startswith("#") or (not line.strip() and not joined):
            continue
        start = start if joined else number
        joined += line.rstrip()
        if joined.endswith("\\"):
            joined = joined[:-1]
            continue
        keyword, text = joined.split(None, 1)
        yield start, keyword.upper(), text
        joined = ""


class Stage:
    """What a stage has come to: a root and the settings that the image would carry."""

    def __init__(self, name, root, parent=None):
        self.name, self.root = name, root
        self.environment = dict(parent.environment) if parent else {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.arguments = dict(parent.arguments) if parent else {}
        self.user = parent.user if parent else "0:0"
        self.folder = parent.folder if parent else "/"
        self.shell = parent.shell if parent else ["/bin/sh", "-c"]
        self.entrypoint = parent.entrypoint if parent else []

    def save(self, file):
        file.write_text(json.dumps({key: value for key, value in vars(self).items() if key != "root"}, indent=1))

    def substitute(self, text):
        known = {**self.arguments, **self.environment}
        return re.sub(r"\$\{(\w+)\}|\$(\w+)", lambda m: known.get(m[1] or m[2], m[0]), text)


def in_root(stage, command, mounts=(), environment=None):
    """Runs a command in the root, in mount and process namespaces of its own, which end with it."""
    root = stage.root
    # A root that is a mount is what a container has, and what a program asks of its disk is then answered.
    prepare = [f"mount --rbind {root} {root}", f"mount --rbind /dev {root}/dev", f"mount -t proc proc {root}/proc", f"mount --rbind /sys {root}/sys"]
    for source, target in mounts:
        source.mkdir(parents=True, exist_ok=True)
        (root / target.lstrip("/")).mkdir(parents=True, exist_ok=True)
        prepare.append(f"mount --bind {source} {root}{target}")
    user, _, group = stage.user.partition(":")
    variables = {**stage.environment, **(environment or {})}
    variables.setdefault("HOME", "/root" if user == "0" else "/home/belay")
    words = ["env", "-i", *[f"{key}={value}" for key, value in variables.items()], *command]
    inside = f"cd {shlex.quote(stage.folder)} && exec {shlex.join(words)}"
    enter = ["chroot", f"--userspec={user}:{group or user}", str(root), "/bin/sh", "-c", inside]
    script = " && ".join(prepare) + " && exec " + shlex.join(enter)
    return subprocess.call(["unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", script])


def ignored():
    """Patterns of .dockerignore as arguments of rsync."""
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [f"--exclude={p[3:] if p.startswith('**/') else '/' + p}" for p in patterns]


class Builder:
    def __init__(self, options):
        self.options = options
        self.stages = {}
        self.runs = 0

    def root(self, name):
        return self.options.work / name

    def build(self, target):
        steps = list(instructions(CHECKOUT / "Dockerfile"))
        wanted = self.needed(steps, target)
        arguments, stage = {}, None
        for number, keyword, text in steps:
            if keyword == "FROM":
                if stage:
                    stage.save(self.options.work / f"{stage.name}.json")
                words = text.split()
                if self.options.keep and words[2] in wanted - {target} and (saved := load(self.options.work, words[2])):
                    self.stages[words[2]], stage = saved, None
                    continue
                stage = self.start(words[0], words[2], arguments) if words[2] in wanted else None
            elif keyword == "ARG" and not self.stages:
                name, _, value = text.partition("=")
                arguments[name] = value
            elif stage:
                self.step(stage, number, keyword, text)
        if stage:
            stage.save(self.options.work / f"{stage.name}.json")
        print(f"{self.runs} RUN steps executed, all with exit code 0", flush=True)

    @staticmethod
    def needed(steps, target):
        """The target, and what it is made from."""
        sources, name = {}, None
        for _, keyword, text in steps:
            if keyword == "FROM":
                base, _, name = text.split()
                sources[name] = {base}
            elif keyword == "COPY" and text.startswith("--from="):
                sources[name].add(text.split()[0].removeprefix("--from="))
        wanted, queue = set(), [target]
        while queue:
            name = queue.pop()
            if name in sources and name not in wanted:
                wanted.add(name)
                queue += sources[name]
        return wanted

    def start(self, base, name, arguments):
        root = self.root(name)
        parent = self.stages.get(base)
        if root.exists():
            shutil.rmtree(root)
        subprocess.check_call(["cp", "-a", "--reflink=auto", str(parent.root if parent else self.options.base), str(root)])
        stage = self.stages[name] = Stage(name, root, parent)
        stage.arguments.update(arguments)
        if not parent:
            self.adopt(root)
        print(f"-- {name} from {base if parent else self.options.base}", flush=True)
        return stage

    def adopt(self, root):
        """What Docker gives to every container: names of hosts. And what the base lacks."""
        for file in ("/etc/resolv.conf", "/etc/hosts"):
            shutil.copy(file, root / file[1:])
        for certificate in self.options.certificate:
            target = root / "usr/local/share/ca-certificates"
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(certificate, target / (Path(certificate).stem + ".crt"))
        if self.options.certificate:
            subprocess.check_call(["chroot", str(root), "update-ca-certificates"])
        if self.options.provide_python:
            provide_python(root, self.options.provide_python)

    def step(self, stage, number, keyword, text):
        if keyword == "RUN":
            self.run(stage, number, text)
        elif keyword == "COPY":
            self.copy(stage, stage.substitute(text))
        elif keyword == "ENV":
            for pair in shlex.split(text.replace("\n", " ")):
                name, _, value = pair.partition("=")
                stage.environment[name] = stage.substitute(value)
        elif keyword == "ARG":
            name, _, value = text.partition("=")
            stage.arguments[name] = value
        elif keyword == "WORKDIR":
            stage.folder = text.strip()
            (stage.root / stage.folder[1:]).mkdir(parents=True, exist_ok=True)
        elif keyword == "USER":
            stage.user = text.strip()
        elif keyword == "SHELL":
            stage.shell = json.loads(text)
        elif keyword == "ENTRYPOINT":
            stage.entrypoint = json.loads(text)
        elif keyword not in ("VOLUME", "EXPOSE", "HEALTHCHECK", "CMD", "LABEL"):
            sys.exit(f"Dockerfile:{number}: {keyword} is not known here")

    def run(self, stage, number, text):
        mounts = []
        while match := re.match(r"--mount=type=cache,target=(\S+)\s+", text):
            mounts.append((self.options.cache / match[1].strip("/").replace("/", "-"), match[1]))
            text = text[match.end():]
        print(f"-- {stage.name}, line {number}: RUN {' '.join(text.split())[:100]}", flush=True)
        begin = time.monotonic()
        arguments = {**stage.arguments}
        if self.options.certificate:
            arguments["PIP_CERT"] = "/etc/ssl/certs/ca-certificates.crt"
        code = in_root(stage, [*stage.shell, text], mounts, arguments)
        print(f"   {time.monotonic() - begin:.1f} s, exit code {code}", flush=True)
        if code:
            sys.exit(f"Dockerfile:{number}: RUN ended with {code}")
        self.runs += 1

    def copy(self, stage, text):
        words = text.split()
        context = CHECKOUT
        if words[0].startswith("--from="):
            context = self.stages[words.pop(0).removeprefix("--from=")].root
        *sources, target = words
        place = stage.root / target.lstrip("/")
        for source in sources:
            origin = context / source.lstrip("/")
            if origin.is_dir():
                place.mkdir(parents=True, exist_ok=True)
                excludes = ignored() if context == CHECKOUT else []
                subprocess.check_call(["rsync", "-a", "--chown=0:0", *excludes, f"{origin}/", f"{place}/"])
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin, place)
                os.chown(place, 0, 0)


def provide_python(root, prefix):
    """Packages named as Ubuntu's that hold a Python 3.10 from elsewhere, so that the Dockerfile's apt-get finds them installed."""
    home = root / str(prefix).lstrip("/")
    home.parent.mkdir(parents=True, exist_ok=True)
    subprocess.check_call(["cp", "-a", str(prefix), str(home)])
    (root / "usr/bin/python3.10").symlink_to(f"{prefix}/bin/python3.10")
    subprocess.check_call(["chmod", "-R", "a+rX", str(home)])
    for folder in list(home.parents)[: len(Path(prefix).parts) - 2]:
        folder.chmod(folder.stat().st_mode | 0o055)
    for name in ("python3.10", "python3.10-venv"):
        with open(root / "var/lib/dpkg/status", "a") as status:
            status.write(
                f"\nPackage: {name}\nStatus: install ok installed\nMaintainer: nobody <nobody@localhost>\n"
                f"Architecture: amd64\nVersion: 3.10.13-1\nDescription: from {prefix}\n")
        (root / f"var/lib/dpkg/info/{name}.list").write_text("/.\n")


def load(work, name):
    """A stage as it was left, or None."""
    file = work / f"{name}.json"
    if not file.exists():
        return None
    stage = Stage(name, work / name)
    vars(stage).update(json.loads(file.read_text()))
    return stage


def enter(options):
    stage = load(options.work, options.enter)
    if not stage:
        sys.exit(f"{options.work} has no {options.enter}: build it with --target {options.enter}")
    return in_root(stage, options.command or stage.entrypoint, environment=dict(pair.split("=", 1) for pair in options.env))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", help="stage of the Dockerfile to build")
    parser.add_argument("--base", type=Path, help="root to start from instead of the image in FROM")
    parser.add_argument("--work", type=Path, required=True, help="where roots are made")
    parser.add_argument("--cache", type=Path, help="where cache mounts lie (default: WORK/cache)")
    parser.add_argument("--certificate", action="append", default=[], help="of an authority that this network has and the base does not")
    parser.add_argument("--provide-python", type=Path, metavar="PREFIX", help="a Python 3.10 to stand for Ubuntu's")
    parser.add_argument("--keep", action="store_true", help="take the stages before the target as an earlier build left them")
    parser.add_argument("--enter", metavar="STAGE", help="run a command in a root that was built")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="for the command")
    parser.add_argument("command", nargs="*", help="default: the image's entry point")
    options = parser.parse_args()
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    options.cache = options.cache or options.work / "cache"
    if options.enter:
        return enter(options)
    if not options.target or not options.base:
        parser.error("--target and --base, or --enter")
    missing = [program for program in ("chroot", "mount", "rsync") if not shutil.which(program)]
    if missing:
        parser.error("needs on PATH: " + ", ".join(missing))
    Builder(options).build(options.target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
