"""An imagezmq hub as its users write it: receives, decodes, replies; ends 2 s after the last frame.

usage: imagezmq_hub.py ADDRESS[,ADDRESS...] request|publish raw|jpeg
Prints one line of JSON: what came between the first frame and the last.
"""
import json, resource, sys, time

import cv2
import imagezmq
import numpy
import zmq

addresses, pattern, mode = sys.argv[1].split(','), sys.argv[2], sys.argv[3]
cv2.setNumThreads(1)
hub = imagezmq.ImageHub(addresses[0], REQ_REP=pattern == 'request')
for address in addresses[1:]:
    hub.connect(address)
print('ready', flush=True)


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


ages, first, last, used = [], None, None, 0
while True:
    try:
        if mode == 'raw':
            text, image = hub.recv_image()
        else:
            text, jpeg = hub.recv_jpg()
            image = cv2.imdecode(numpy.frombuffer(jpeg, dtype='uint8'), cv2.IMREAD_COLOR)
        if pattern == 'request':
            hub.send_reply(b'OK')
    except zmq.Again:
        break
    last = time.time()
    if first is None:
        first, before = last, cpu()
        hub.zmq_socket.setsockopt(zmq.RCVTIMEO, 2000)
    ages.append(last - float(text.split()[1]))
    used = cpu() - before
ages.sort()
print(json.dumps({'frames': len(ages), 'seconds': last - first, 'cpu_s': used,
                  'p50_ms': 1e3 * ages[len(ages) // 2], 'p99_ms': 1e3 * ages[int(len(ages) * 0.99)]}))
