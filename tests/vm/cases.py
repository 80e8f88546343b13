#!/usr/bin/env python3
"""What is tried with cameras in the guest, and what must come of it.

A case has a name, files for its folder, of which `graph.toml` is run if no script says otherwise, and checks
of what it leaves there. Scripts are bash with what `words` adds.

    cases.py write FOLDER    the files and scripts, for the guest to run
    cases.py check FOLDER    afterwards
"""

import json
import sys
from pathlib import Path

from outcome import Outcome, adds_up, at_stage, ended, numbers, raised, says, times

RUN = "sluice run graph.toml --status --report report.json --trace trace.json"
CASES = []


def case(name, graph, checks, script=RUN):
    CASES.append((name, graph, script, checks))


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value)


def graph(**stages):
    """A graph file of stages, each a dictionary."""
    return "".join(f"[stage.{name}]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in stage.items())
                   for name, stage in stages.items())


def camera(type, **parameters):
    """A graph of one camera, its frames counted, its events written to `events`."""
    return graph(camera={"type": type, "source": "camera", **parameters},
                 end={"type": "sink.discard", "from": "camera"},
                 log={"type": "log.events", "file": "events"})


# --- The binary on Debian 13 ----------------------------------------------------------------------
case("hub and pi: every frame arrives",
     graph(camera={"type": "capture.synthetic", "source": "pi", "rate": 0, "frames": 60, "width": 320, "height": 240},
           jpeg={"type": "encode.jpeg", "from": "camera"},
           uplink={"type": "transport.send", "from": "jpeg", "connect": "tcp://127.0.0.1:5555",
                   "mailbox": {"when_full": "block"}}),
     script="""
sluice run /sluice/configs/hub.toml --quiet --report hub.json \\
  --set stage.show.listen=127.0.0.1:0 --set dashboard.listen=127.0.0.1:0 2>hub.err &
wait_for hub.err 'listening on tcp://'
sluice run graph.toml --quiet --report pi.json
kill %1
wait %1
""",
     checks=[ended(), adds_up, at_stage("uplink", 60, report="pi.json"), at_stage("cameras", 60, report="hub.json"),
             at_stage("show", 1, report="hub.json")])

# --- capture.video on V4L2 ------------------------------------------------------------------------
VIDEO = {"type": "capture.video", "uri": "/dev/video0", "width": 320, "height": 180, "rate": 10}

case("capture.video: a V4L2 camera",
     camera(**VIDEO, frames=30),
     checks=[ended(), adds_up, numbers, times, at_stage("end", 25, each_bytes=320 * 180 * 3)])

case("capture.video: lost and back",
     camera(**VIDEO),
     script=f"""
{RUN} &
wait_for_frames camera
unplug
wait_for events source.lost
plug
wait_for events source.back
wait_for_frames camera
kill %1
wait %1
""",
     checks=[ended(), adds_up, numbers, times, raised("source.lost", "source.back")])

case("capture.video: no such device",
     camera("capture.video", uri="/dev/video99"),
     checks=[ended(1), says("err", "/dev/video99")])


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


if __name__ == "__main__":
    main()
