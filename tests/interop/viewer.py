"""SmoothStream's viewer: a SUB that binds, and messages of one part, the base64 of a JPEG."""

import argparse
import base64

import cv2
import numpy as np
import zmq
from peer import seen_array, tell

options = argparse.ArgumentParser()
options.add_argument("address")
options = options.parse_args()

socket = zmq.Context().socket(zmq.SUB)
socket.bind(options.address)
socket.setsockopt_string(zmq.SUBSCRIBE, "")
while True:
    jpg = np.frombuffer(base64.b64decode(socket.recv_string(), validate=True), dtype=np.uint8)
    tell(**seen_array(cv2.imdecode(jpg, cv2.IMREAD_COLOR)))
