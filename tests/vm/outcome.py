"""What a case left behind, and the checks that cases name."""

import json
import statistics
from pathlib import Path


class Outcome:
    """The folder of a case that has run in the guest."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def text(self, name):
        return (self.folder / name).read_text()

    def json(self, name="report.json"):
        return json.loads(self.text(name))

    def events(self, name="events"):
        return [json.loads(line) for line in self.text(name).splitlines()]

    def frames(self, track="hand on", name="trace.json"):
        """Of each frame handed on by a source: (source, sequence, capture time in seconds, age there in ms)."""
        slices = [e for e in self.json(name) if e.get("ph") == "X" and e["name"] == track]
        return [(e["args"]["source"], e["args"]["sequence"], e["ts"] / 1e6 - e["args"]["age_ms"] / 1e3,
                 e["args"]["age_ms"]) for e in sorted(slices, key=lambda e: e["ts"])]

    def sequence_and_time(self):
        by_source = {}
        for source, sequence, captured, _ in self.frames():
            by_source.setdefault(source, []).append((sequence, captured))
        return by_source


# --- Checks: functions of an outcome, which assert. Those with arguments return one. ------------------

def ended(status=0):
    def check(outcome):
        found = int(outcome.text("status"))
        assert found == status, f"ended with {found}, not {status}" + (" (its limit)" if found == 124 else "")
    return check


def adds_up(outcome):
    """Nothing is lost without a cause, at any stage."""
    for report in sorted(outcome.folder.glob("*.json")):
        stages = json.loads(report.read_text())
        if not isinstance(stages, dict) or "stages" not in stages:
            continue
        for name, s in stages["stages"].items():
            after = s["out"] + s["failed"] + s["queued"] + sum(s["dropped"].values())
            assert s["in"] == after, f"{report.name}: {name}: in is {s['in']}, but what became of them is {after}"


def numbers(outcome):
    """Each source's numbers go up, and every number that is missing was counted as lost by some stage."""
    report = outcome.json()
    lost = sum(sum(s["dropped"].values()) + s["failed"] for s in report["stages"].values())
    missing = 0
    for source, frames in outcome.sequence_and_time().items():
        sequence = [number for number, _ in frames]
        assert all(a < b for a, b in zip(sequence, sequence[1:])), f"{source}: numbers don't go up: {sequence}"
        missing += sequence[-1] - sequence[0] + 1 - len(sequence)
    assert missing <= lost, f"{missing} numbers are missing, but {lost} frames were counted as lost"


def times(outcome):
    """Capture times go up, and are near now: not in the future, nor older than 5 s, when frames are handed on."""
    for source, frames in outcome.sequence_and_time().items():
        captured = [time for _, time in frames]
        assert all(a < b for a, b in zip(captured, captured[1:])), f"{source}: capture times don't go up: {captured}"
    for source, sequence, _, age in outcome.frames():
        assert -1 < age < 5000, f"{source}: frame {sequence} is {age} ms old when handed on"


def rate(wanted):
    """By capture times and numbers, which a slow machine doesn't change, within a tenth."""
    def check(outcome):
        for source, frames in outcome.sequence_and_time().items():
            each = statistics.median((later - time) / (next_number - number)
                                     for (number, time), (next_number, later) in zip(frames, frames[1:]))
            assert 0.9 * wanted < 1 / each < 1.1 * wanted, f"{source}: {1 / each:.2f} frames/s, not {wanted}"
    return check


def at_stage(name, at_least, each_bytes=None, sources=None, report="report.json"):
    """So many frames came there; all of that size; of these sources, and of each some."""
    def check(outcome):
        stage = outcome.json(report)["stages"][name]
        assert stage["in"] >= at_least, f"{name}: {stage['in']} frames came, not {at_least}"
        if sources:
            found = sorted(source for source, s in stage["sources"].items() if s["in"] > 0)
            assert found == sorted(sources), f"{name}: frames came of {found}, not of {sources}"
        for source, s in stage["sources"].items():
            each = s["bytes"] / s["in"]
            assert each_bytes in (None, each), f"{name}: frames of {source} have {each} bytes, not {each_bytes}"
    return check


def dropped(name, cause):
    """That stage dropped some frames for that cause."""
    def check(outcome):
        causes = outcome.json()["stages"][name]["dropped"]
        assert causes.get(cause, 0) > 0, f"{name}: none were dropped as {cause}: {causes}"
    return check


def failed(name, why):
    """That stage failed some frames, and said so."""
    def check(outcome):
        found = outcome.json()["stages"][name]["failed"]
        assert found > 0, f"{name}: no frame failed"
        assert why in outcome.text("err"), f"err doesn't say {why!r}"
    return check


def counted(event, at_least, report):
    """The report knows of so many of these events."""
    def check(outcome):
        events = outcome.json(report)["events"]
        assert events.get(event, 0) >= at_least, f"{event}: not {at_least} times: {events}"
    return check


def allocations(**at_most):
    """What `sluice time` has found: how often each stage asked for memory, a frame."""
    def check(outcome):
        stages = outcome.json("time.json")["variants"][0]["middle"]["stages"]
        for name, most in at_most.items():
            found = stages[name]["allocations_per_frame"]
            assert found <= most, f"{name}: {found} allocations a frame, not {most} at most"
    return check


def raised(*names):
    """These events, in this order, others aside."""
    def check(outcome):
        found = [event["event"] for event in outcome.events()]
        kept = [name for name in found if name in names]
        assert kept == list(names), f"events were {found}, not {list(names)}"
    return check


def says(name, *texts):
    """A file of the case holds these texts."""
    def check(outcome):
        found = outcome.text(name)
        for text in texts:
            assert text in found, f"{name} doesn't say {text!r}: {found.strip()!r}"
    return check


def says_not(name, *texts):
    """A file of the case holds none of these texts."""
    def check(outcome):
        found = outcome.text(name)
        for text in texts:
            assert text not in found, f"{name} says {text!r}: {found.strip()!r}"
    return check
