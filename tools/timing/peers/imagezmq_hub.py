"""An imagezmq hub as its users write it: receives, decodes, replies, looks for motion. Ends when told
so by a line on standard input, and nothing comes any more.

usage: imagezmq_hub.py ADDRESS[,ADDRESS...] request|publish take|decode|motion
Prints one line of JSON: what came between the first frame and the last.
"""
import collections, json, resource, select, sys, time

import cv2
import imagezmq
import numpy
import zmq

addresses, pattern, work = sys.argv[1].split(','), sys.argv[2], sys.argv[3]
cv2.setNumThreads(1)
hub = imagezmq.ImageHub(addresses[0], REQ_REP=pattern == 'request')
for address in addresses[1:]:
    hub.connect(address)
hub.zmq_socket.setsockopt(zmq.RCVTIMEO, 200)
print('ready', flush=True)


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


ages, first, last, used = [], None, None, 0
of_source, backgrounds = collections.Counter(), collections.defaultdict(cv2.createBackgroundSubtractorMOG2)
while True:
    try:
        if work == 'take':
            text, image = hub.recv_image()
        else:
            text, jpeg = hub.recv_jpg()
            image = cv2.imdecode(numpy.frombuffer(jpeg, dtype='uint8'), cv2.IMREAD_COLOR)
        if pattern == 'request':
            hub.send_reply(b'OK')
    except zmq.Again:
        if select.select([sys.stdin], [], [], 0)[0]:
            break
        continue
    name, captured = text.split()
    if work == 'motion':
        gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        backgrounds[name].apply(cv2.resize(gray, (image.shape[1] // 2, image.shape[0] // 2)))
    last = time.time()
    if first is None:
        first, before = last, cpu()
    ages.append(last - float(captured))
    of_source[name] += 1
    used = cpu() - before
ages.sort()
print(json.dumps({'frames': len(ages), 'seconds': last - first, 'cpu_s': used, 'of_source': of_source,
                  'p50_ms': 1e3 * ages[len(ages) // 2], 'p99_ms': 1e3 * ages[int(len(ages) * 0.99)]}))
