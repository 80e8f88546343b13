"""A camera: imagezmq's ImageSender, sending pictures of noise. Without --count until it is ended."""

import argparse
import itertools
import json
import time

import imagezmq
from peer import jpg_of, pictures, seen_array, seen_jpg, tell

options = argparse.ArgumentParser()
options.add_argument("address")
options.add_argument("--publish", action="store_true")
options.add_argument("--jpg", action="store_true")
options.add_argument("--count", type=int)
options.add_argument("--rate", type=float, default=100, help="frames/s at most")
options.add_argument("--seed", type=int, default=1)
options.add_argument("--msg", nargs="+", default=['"camera"'], help="as JSON, taken in turn")
options.add_argument("--each-anew", action="store_true", help="an ImageSender for each picture")
options = options.parse_args()



def connect():
    return imagezmq.ImageSender(connect_to=options.address, REQ_REP=not options.publish)


sender = connect()
msgs = itertools.cycle(json.loads(msg) for msg in options.msg)
for picture, msg in itertools.islice(zip(pictures(options.seed), msgs), options.count):
    if options.jpg:
        jpg = jpg_of(picture)
        seen = seen_jpg(jpg)
        reply = sender.send_jpg(msg, jpg)
    else:
        seen = seen_array(picture)
        reply = sender.send_image(msg, picture)
    tell(msg=msg, reply=reply.decode() if reply is not None else None, **seen)
    if options.each_anew:
        sender.close()
        sender = connect()
    time.sleep(1 / options.rate)
