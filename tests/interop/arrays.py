"""An ImageSender of arrays of every type and shape that imagezmq's users have.

With --untakable those that Sluice has no place for, and a picture at the end.
"""

import sys

import imagezmq
import numpy as np
from peer import seen_array, tell

random = np.random.default_rng(2)


def numbers(dtype, *shape):
    """Any bits at all, but of floating-point numbers none that isn't a number: NaN != NaN."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return (random.standard_normal(shape) * 100).astype(dtype)
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(dtype)
    native, limits = dtype.newbyteorder("="), np.iinfo(dtype)
    return random.integers(limits.min, limits.max, shape, native, endpoint=True).astype(dtype)


arrays = [
    numbers("uint8", 48, 64),
    numbers("uint8", 48, 64, 3),
    numbers("uint8", 48, 64, 4),
    numbers("uint8", 47, 63, 3),  # no side a multiple of anything
    numbers("uint8", 48, 64, 1),
    numbers("uint8", 48, 64, 2),
    numbers("uint8", 48, 64, 3)[:, ::-1],  # mirrored: not contiguous until ImageSender makes it so
    numbers("uint8", 1, 1),
    numbers("uint8", 1000),
    numbers("int8", 48, 64),
    numbers("uint16", 48, 64),
    numbers("uint16", 48, 64, 3),
    numbers("int16", 48, 64),
    numbers("int32", 48, 64),
    numbers("float16", 48, 64),
    numbers("float32", 48, 64),
    numbers("float32", 7),
    numbers("float32", 4, 6, 5),
    numbers("float64", 48, 64),
    numbers("float64", 3, 4, 5, 6),
    numbers("bool", 48, 64),
    numbers(">u2", 48, 64),
    numbers(">i4", 48, 64, 3),
    numbers(">f4", 48, 64),
    numbers(">f8", 4, 6, 5),
]

untakable = [
    numbers("int64", 48, 64),  # NumPy's own whole numbers
    numbers("uint32", 48, 64),
    numbers("float32", 48, 64).astype("complex64"),
    np.array(["no", "numbers"]),
    numbers("uint8", 0, 64),
    numbers("uint8", 1, 1, 1, 1, 1, 1, 1, 1, 2),  # nine dimensions
    numbers("uint8", 48, 64, 3),
]

sender = imagezmq.ImageSender(connect_to=sys.argv[1])
for array in untakable if "--untakable" in sys.argv else arrays:
    reply = sender.send_image("arrays", array)
    tell(reply=reply.decode(), **seen_array(array))
