"""Browsers that look at a dashboard's montage: each reads what comes, and throws it away.

usage: viewers.py ADDRESS:PORT COUNT
Prints `ready` when each has had a picture. Ends when told so by a line on standard input, and prints
one line of JSON: how many pictures a second the slowest has had in between. None is a failure.
"""
import json, sys, threading, time, urllib.request

address, count = sys.argv[1], int(sys.argv[2])
pictures = [0] * count
begun = threading.Barrier(count + 1, timeout=60)


def view(k):
    with urllib.request.urlopen('http://%s/montage.mjpg' % address, timeout=60) as stream:
        for line in stream:
            name, _, value = line.partition(b':')
            if name.lower() != b'content-length':
                continue
            stream.readline()  # the empty one, which ends the part's head
            left = int(value)
            while left:
                got = len(stream.read(min(left, 1 << 16)))
                if not got:
                    return
                left -= got
            pictures[k] += 1
            if pictures[k] == 1:
                begun.wait()


viewers = [threading.Thread(target=view, args=(k,), daemon=True) for k in range(count)]
for viewer in viewers:
    viewer.start()
begun.wait()
print('ready', flush=True)
before, began = list(pictures), time.monotonic()
sys.stdin.readline()
seconds, after = time.monotonic() - began, list(pictures)
if not all(viewer.is_alive() for viewer in viewers):
    sys.exit('viewers.py: the dashboard has sent a viewer away')
had = [now - was for now, was in zip(after, before)]
if min(had) == 0:
    sys.exit('viewers.py: the montage stands still')
print(json.dumps({'slowest_per_s': min(had) / seconds}))
