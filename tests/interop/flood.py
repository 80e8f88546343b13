"""A camera as imutils' VideoStream reads it: the newest picture, new or not, as fast as the hub
answers. A square moves through a scene, with the noise that cameras have, and then it is gone."""

import argparse
import threading
import time

import imagezmq
import numpy as np
from peer import jpg_of, tell

options = argparse.ArgumentParser()
options.add_argument("address")
options.add_argument("--publish", action="store_true")
options.add_argument("--jpg", action="store_true")
options.add_argument("--rate", type=float, default=15, help="of the camera, pictures/s")
options.add_argument("--pictures", type=int, default=60)
options = options.parse_args()


class VideoStream:
    """Grabs in a thread of its own; read() never waits."""

    def __init__(self):
        self.random = np.random.default_rng(1)
        self.number = 0
        self.picture = self.grab()
        threading.Thread(target=self.update, daemon=True).start()

    def grab(self):
        picture = self.random.integers(100, 104, (240, 320, 3), dtype=np.uint8)
        still = options.pictures // 4
        if still <= self.number < options.pictures - still:
            x = 4 * (self.number - still) % 240
            picture[80:160, x : x + 80] = 220
        return picture

    def update(self):
        begin = time.monotonic()
        while self.number < options.pictures:
            time.sleep(max(0, begin + (self.number + 1) / options.rate - time.monotonic()))
            self.number += 1
            self.picture = self.grab()

    def read(self):
        return self.picture


stream = VideoStream()
sender = imagezmq.ImageSender(connect_to=options.address, REQ_REP=not options.publish)
sent = 0
begin = time.monotonic()
while stream.number < options.pictures:
    picture = stream.read()
    if options.jpg:
        sender.send_jpg("rpi1", jpg_of(picture))
    else:
        sender.send_image("rpi1", picture)
    sent += 1
tell(sent=sent, seconds=time.monotonic() - begin)
