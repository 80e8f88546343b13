"""What cases are made of; and `main`, which writes them down for the guest, and checks what came of them."""

import json
import sys
from pathlib import Path

from outcome import Outcome

RUN = "sluice run graph.toml --status --report report.json --trace trace.json"
CASES = []


def case(name, graph, checks, script=RUN):
    """`graph` becomes the file graph.toml of the case's folder, where `script`, in bash, then runs with what
    `words` adds. `checks` are those of `outcome`."""
    CASES.append((name, graph, script, checks))


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value)


def graph(**stages):
    """A graph file of stages, each a dictionary."""
    return "\n".join(f"[stage.{name}]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in stage.items())
                     for name, stage in stages.items())


def camera(type, **parameters):
    """A graph of one camera, its frames counted, its events written to `events`."""
    return graph(camera={"type": type, "source": "camera", **parameters},
                 end={"type": "sink.discard", "from": "camera"},
                 log={"type": "log.events", "file": "events"})


def main():
    verb, folder = sys.argv[1], Path(sys.argv[2])
    done = failed = 0
    for number, (name, graph_text, script, checks) in enumerate(CASES):
        place = folder / f"{number:02} {name.replace('/', '-')}"
        if verb == "write":
            place.mkdir(parents=True)
            (place / "graph.toml").write_text(graph_text)
            (place / "script").write_text(script + "\n")
            continue
        trouble = []
        for check in checks:
            done += 1
            try:
                check(Outcome(place))
            except (AssertionError, LookupError, OSError, ValueError) as error:
                trouble.append(f"{type(error).__name__}: {error}" if not isinstance(error, AssertionError) else str(error))
        print(f"{'failed' if trouble else 'ok':6} {name}")
        for line in trouble:
            print(f"       {line}")
        failed += len(trouble)
    if verb == "check":
        print(f"vm: {done} checks, {failed} failed")
        sys.exit(1 if failed else 0)
