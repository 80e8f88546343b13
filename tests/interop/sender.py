"""A camera: imagezmq's ImageSender. Without --count it sends until it is ended."""

import argparse
import itertools
import json
import time

import imagezmq
from peer import jpg_of, pictures, secure_sender, seen_array, seen_jpg, tell

options = argparse.ArgumentParser()
options.add_argument("address")
options.add_argument("--publish", action="store_true")
options.add_argument("--jpg", action="store_true")
options.add_argument("--count", type=int)
options.add_argument("--rate", type=float, default=100, help="frames/s at most")
options.add_argument("--seed", type=int, default=1)
options.add_argument("--msg", nargs="+", default=['"camera"'], help="as JSON, taken in turn")
options.add_argument("--each-anew", action="store_true", help="an ImageSender for each picture")
options.add_argument("--key", help="file of its own CURVE keys")
options.add_argument("--hub-key", help="file of the hub's public one")
options = options.parse_args()



def connect():
    sender = imagezmq.ImageSender(connect_to=options.address, REQ_REP=not options.publish)
    if options.key:
        secure_sender(sender.zmq_socket, options.address, options.key, options.hub_key)
    return sender


sender = connect()
msgs = itertools.cycle(json.loads(msg) for msg in options.msg)
for picture, msg in itertools.islice(zip(pictures(options.seed), msgs), options.count):
    # Told before it is sent: no hub has what is not told, whenever this program is ended.
    if options.jpg:
        jpg = jpg_of(picture)
        tell(msg=msg, **seen_jpg(jpg))
        reply = sender.send_jpg(msg, jpg)
    else:
        tell(msg=msg, **seen_array(picture))
        reply = sender.send_image(msg, picture)
    if not options.publish:
        tell(reply=reply.decode())
    if options.each_anew:
        sender.close()
        sender = connect()
    time.sleep(1 / options.rate)
