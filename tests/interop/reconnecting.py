"""An ImageSender as users make it to outlive its hub, until it is ended.

Both have a limit on waiting. After it, `anew` makes a new sender, as imagezmq's documentation has
it; `relaxed` is ZeroMQ's own remedy: the same socket may send again, and requests are numbered, so
that a late reply to an old one is told apart.
"""

import argparse
import time

import imagezmq
import zmq
from peer import pictures, tell

options = argparse.ArgumentParser()
options.add_argument("address")
options.add_argument("--remedy", choices=["anew", "relaxed"], required=True)
options = options.parse_args()


def connect():
    sender = imagezmq.ImageSender(connect_to=options.address)
    sender.zmq_socket.setsockopt(zmq.LINGER, 0)
    sender.zmq_socket.setsockopt(zmq.RCVTIMEO, 300)
    sender.zmq_socket.setsockopt(zmq.SNDTIMEO, 300)
    if options.remedy == "relaxed":
        sender.zmq_socket.setsockopt(zmq.REQ_RELAXED, 1)
        sender.zmq_socket.setsockopt(zmq.REQ_CORRELATE, 1)
    return sender


sender = connect()
for picture in pictures(seed=3):
    try:
        tell(reply=sender.send_image("camera", picture).decode())
    except zmq.Again:
        tell(away=True)
        if options.remedy == "anew":
            sender.close()
            sender = connect()
    time.sleep(0.01)
