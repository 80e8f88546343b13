"""Does with each message as imagehub does, and tells what it would store or log, until it is ended.

imagehub goes by the text: its second field's first letter says what it is, and what has no second
field is thrown away.
"""

import argparse

import imagezmq
from peer import seen_jpg, tell

options = argparse.ArgumentParser()
options.add_argument("address")
options = options.parse_args()

hub = imagezmq.ImageHub(open_port=options.address)
while True:
    text, jpg = hub.recv_jpg()
    hub.send_reply(b"OK")
    fields = text.split("|")
    kind = fields[1][:1] if len(fields) > 1 else ""
    if kind == "j":
        tell(stored=fields[0].strip().replace(" ", "-"), **seen_jpg(jpg))
    elif kind == "H":
        tell(heartbeat=fields[0])
    elif kind == "i" or not kind:
        tell(thrown_away=text)
    else:
        tell(logged=text)
