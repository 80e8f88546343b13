"""What the peers of these tests share: pictures from a seed, and how they tell what they saw.

Every frame that was sent or received is a line of JSON on standard output: its msg, and a checksum
of its content. The tests compare the lines of both ends.
"""

import hashlib
import json

import cv2
import numpy as np
import zmq.auth


def pictures(seed, height=48, width=64):
    """Colour noise without end: no two pictures are alike, and a seed repeats them."""
    random = np.random.default_rng(seed)
    while True:
        yield random.integers(0, 256, (height, width, 3), dtype=np.uint8)


def jpg_of(picture):
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]


def secure_sender(socket, address, key_file, peer_file):
    """Turns CURVE on: imagezmq has connected already, and keys count only from the next time."""
    socket.disconnect(address)
    socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(key_file)
    socket.curve_serverkey, _ = zmq.auth.load_certificate(peer_file)
    socket.connect(address)


def secure_hub(socket, address, key_file):
    """Binds with CURVE; a hub that imagezmq has bound already could not free its port at once."""
    socket.curve_publickey, socket.curve_secretkey = zmq.auth.load_certificate(key_file)
    socket.curve_server = True
    socket.bind(address)


def tell(**what):
    print(json.dumps(what), flush=True)


def seen_array(array):
    """The numbers, whatever the order of their bytes; type and shape apart."""
    native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    return {
        "sum": hashlib.sha256(native.tobytes()).hexdigest(),
        "dtype": str(array.dtype),
        "shape": list(array.shape),
    }


def seen_jpg(jpg):
    """The bytes, and the shape of the picture that they are."""
    data = np.frombuffer(jpg, dtype=np.uint8)
    return {
        "sum": hashlib.sha256(data.tobytes()).hexdigest(),
        "shape": list(cv2.imdecode(data, cv2.IMREAD_UNCHANGED).shape),
    }
