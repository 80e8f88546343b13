"""An imagezmq sender as its users write it: frames held in memory, sent for some time.

usage: imagezmq_sender.py ADDRESS NAME request|publish raw|jpeg QUALITY RATE SECONDS VIDEO   (RATE 0: flat out)
Begins when a line comes on standard input. Prints one line of JSON.
"""
import json, resource, sys, time

import cv2
import imagezmq

address, name, pattern, mode, quality, rate, seconds, video = sys.argv[1:]
quality, rate, seconds = int(quality), float(rate), float(seconds)
cv2.setNumThreads(1)
capture = cv2.VideoCapture(video)
frames = [capture.read()[1] for _ in range(25)]
sender = imagezmq.ImageSender(connect_to=address, REQ_REP=pattern == 'request')
print('ready', flush=True)
sys.stdin.readline()


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


sent, used, begin = 0, cpu(), time.time()
while time.time() - begin < seconds:
    if rate:
        time.sleep(max(0, begin + sent / rate - time.time()))
    frame = frames[sent % len(frames)]
    text = '%s %.6f' % (name, time.time())
    if mode == 'raw':
        sender.send_image(text, frame)
    else:
        sender.send_jpg(text, cv2.imencode('.jpg', frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])
    sent += 1
print(json.dumps({'frames': sent, 'cpu_s': cpu() - used}), flush=True)
sender.zmq_socket.setsockopt(17, 0)  # LINGER: what has not left by now is of no use
