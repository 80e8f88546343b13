"""A hub: imagezmq's ImageHub, until it is ended. Publishers are connected to."""

import argparse
import itertools
import time

import imagezmq
from peer import secure_hub, seen_array, seen_jpg, tell

options = argparse.ArgumentParser()
options.add_argument("address", nargs="+")
options.add_argument("--publish", action="store_true")
options.add_argument("--jpg", action="store_true")
options.add_argument("--slow", type=float, default=0, help="seconds of work for each frame")
options.add_argument("--reply", nargs="+", default=["OK"], help="taken in turn")
options.add_argument("--key", help="file of its own CURVE keys")
options = options.parse_args()

first = "inproc://not-yet" if options.key else options.address[0]
hub = imagezmq.ImageHub(open_port=first, REQ_REP=not options.publish)
for address in options.address[1:]:
    hub.connect(address)
if options.key:
    secure_hub(hub.zmq_socket, options.address[0], options.key)
replies = itertools.cycle(options.reply)
while True:
    if options.jpg:
        msg, jpg = hub.recv_jpg()
        seen = seen_jpg(jpg)
    else:
        msg, picture = hub.recv_image()
        seen = seen_array(picture)
    time.sleep(options.slow)
    if not options.publish:
        hub.send_reply(next(replies).encode())
    tell(msg=msg, **seen)
