"""A network camera: JPEGs over HTTP as multipart/x-mixed-replace, to whoever asks.

usage: mjpeg_server.py FOLDER RATE
Prints its port, and then, for each line on standard input, how many frames it has sent.
"""
import http.server, os, sys, threading, time

folder, rate = sys.argv[1], float(sys.argv[2])
frames = []
for name in sorted(os.listdir(folder)):
    with open(os.path.join(folder, name), 'rb') as file:
        frames.append(file.read())
sent = 0


class Camera(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global sent
        self.send_response(200)
        self.send_header('Content-Type', 'multipart/x-mixed-replace; boundary=frame')
        self.end_headers()
        begin, given = time.monotonic(), 0
        while True:
            time.sleep(max(0, begin + given / rate - time.monotonic()))
            frame = frames[given % len(frames)]
            try:
                self.wfile.write(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n'
                                 % (len(frame), frame))
            except (BrokenPipeError, ConnectionResetError):
                return  # who looked on has gone
            given += 1
            sent += 1

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Camera)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
for line in sys.stdin:
    print(sent, flush=True)
