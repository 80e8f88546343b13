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


def places(folder, wanted):
    """Each case whose name holds `wanted`, and its folder."""
    for number, (name, *case_of) in enumerate(CASES):
        if wanted in name:
            yield name, *case_of, folder / f"{number:02} {name.replace('/', '-')}"


def write(folder, wanted):
    for _, graph_text, script, _, place in places(folder, wanted):
        place.mkdir(parents=True)
        (place / "graph.toml").write_text(graph_text)
        (place / "script").write_text(script + "\n")


def trouble_of(check, place):
    """Empty where the check holds."""
    try:
        check(Outcome(place))
    except AssertionError as error:
        return str(error)
    except (LookupError, OSError, ValueError) as error:  # it left other than what the check looks into
        return f"{type(error).__name__}: {error}"
    return ""


def check(folder, wanted):
    done = failed = 0
    for name, _, _, checks, place in places(folder, wanted):
        trouble = list(filter(None, (trouble_of(check, place) for check in checks)))
        print(f"{'failed' if trouble else 'ok':6} {name}")
        if trouble:
            said = Outcome(place).text("err").splitlines()[-8:] if (place / "err").exists() else []
            print("\n".join(["       " + line for line in trouble] + ["       | " + line for line in said]))
        done += len(checks)
        failed += len(trouble)
    print(f"vm: {done} checks, {failed} failed")
    return 1 if failed or not done else 0


def main():
    verb, folder, wanted = sys.argv[1], Path(sys.argv[2]), "".join(sys.argv[3:])
    sys.exit({"write": write, "check": check}[verb](folder, wanted))
