"""An imagezmq sender as its users write it: frames held in memory, sent for some time.

Begins when a line comes on standard input. Prints one line of JSON.
"""
import argparse, json, os, resource, sys, time

import cv2
import imagezmq
import numpy
import zmq

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument('address')
parser.add_argument('name')
parser.add_argument('pattern', choices=['request', 'publish'])
parser.add_argument('mode', choices=['raw', 'jpeg', 'yuv420', 'jpegs'])
parser.add_argument('pictures', help='a video; in mode jpegs a folder; in mode yuv420 bare pictures')
parser.add_argument('--size', type=int, nargs=2, help='of bare pictures: width and height')
parser.add_argument('--quality', type=int, default=95)
parser.add_argument('--rate', type=float, default=0, help='0: flat out')
parser.add_argument('--phase', type=float, default=0, help='seconds until the first frame')
parser.add_argument('--seconds', type=float, default=4)
o = parser.parse_args()

cv2.setNumThreads(1)
if o.mode == 'jpegs':
    frames = [numpy.fromfile(os.path.join(o.pictures, name), dtype='uint8') for name in sorted(os.listdir(o.pictures))]
elif o.mode == 'yuv420':  # as a camera gives them: planes below each other
    frames = numpy.fromfile(o.pictures, dtype='uint8').reshape(-1, o.size[1] * 3 // 2, o.size[0])
else:
    capture = cv2.VideoCapture(o.pictures)
    frames = [capture.read()[1] for _ in range(25)]
sender = imagezmq.ImageSender(connect_to=o.address, REQ_REP=o.pattern == 'request')
print('ready', flush=True)
sys.stdin.readline()


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


time.sleep(o.phase)
sent, used, begin = 0, cpu(), time.time()
while time.time() - begin < o.seconds:
    if o.rate:
        time.sleep(max(0, begin + sent / o.rate - time.time()))
    frame = frames[sent % len(frames)]
    text = '%s %.6f' % (o.name, time.time())
    if o.mode == 'raw':
        sender.send_image(text, frame)
    elif o.mode == 'yuv420':
        colours = cv2.cvtColor(frame, cv2.COLOR_YUV2BGR_I420)
        sender.send_jpg(text, cv2.imencode('.jpg', colours, [cv2.IMWRITE_JPEG_QUALITY, o.quality])[1])
    elif o.mode == 'jpeg':
        sender.send_jpg(text, cv2.imencode('.jpg', frame, [cv2.IMWRITE_JPEG_QUALITY, o.quality])[1])
    else:
        sender.send_jpg(text, frame)
    sent += 1
print(json.dumps({'frames': sent, 'cpu_s': cpu() - used}), flush=True)
sender.zmq_socket.setsockopt(zmq.LINGER, 0)  # what has not left by now is of no use
sender.close()  # before the interpreter ends, whose memory the frames are
