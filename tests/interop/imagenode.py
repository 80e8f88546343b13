"""What imagenode sends: pictures, and status texts, each with a small picture that says nothing."""

import argparse

import imagezmq
import numpy as np
from peer import jpg_of, pictures, tell

options = argparse.ArgumentParser()
options.add_argument("address")
options.add_argument("--send-type", choices=["image", "jpg"], required=True)
options = options.parse_args()

tiny = np.zeros((3, 3), dtype="uint8")  # imagenode's test picture
flat = np.zeros((2, 2), dtype="uint8")  # and its detectors'
camera = pictures(seed=4)
view = "WestDriveway PiCam1"
messages = [
    ("WestDriveway|Restart|rpi22|RPi 4|192.168.86.45|3800|0.4", tiny),
    ("WestDriveway|Heartbeat", tiny),
    (f"{view}|{options.send_type}", next(camera)),
    (f"{view}|motion|moving", flat),
    (f"{view}|{options.send_type}", next(camera)),
    (f"{view}|motion|still", flat),
    (f"{view}|motion|moving|FrontGate", flat),
    (f"{view}|motion|still|FrontGate", flat),
    (f"{view}|light|lighted", flat),
    (f"{view}|light|dark|Sky", flat),
    ("WestDriveway|Temp|77 F", tiny),
    ("WestDriveway|humidity|48.4 %", tiny),
    (f"{view}|{options.send_type}", next(camera)),
]

with imagezmq.ImageSender(connect_to=options.address) as sender:
    for text, image in messages:
        if options.send_type == "jpg":
            reply = sender.send_jpg(text, jpg_of(image))
        else:
            reply = sender.send_image(text, image)
        tell(msg=text, reply=reply.decode())
