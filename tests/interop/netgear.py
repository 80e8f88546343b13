"""VidGear's NetGear, receiving, until it is ended."""

import argparse

from peer import seen_array, tell
from vidgear.gears import NetGear

options = argparse.ArgumentParser()
options.add_argument("address", help="tcp://HOST:PORT")
options.add_argument("--pattern", type=int, required=True)
options = options.parse_args()

host, port = options.address.removeprefix("tcp://").split(":")
hub = NetGear(receive_mode=True, address=host, port=port, pattern=options.pattern)
while True:
    picture = hub.recv()
    if picture is None:
        tell(ended=True)
        break
    tell(**seen_array(picture))
