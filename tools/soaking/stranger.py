"""Who sends to a hub whatever comes to mind: python3 stranger.py HOST:PORT PAGE_HOST:PORT SEED

Speaks ZeroMQ's protocol by itself, so that it may break its rules too. Ends when it is killed."""
import itertools, json, random, socket, struct, sys, time

# A signature, version 3.0, the mechanism NULL, as a client.
GREETING = b'\xff' + bytes(8) + b'\x7f\x03\x00' + b'NULL'.ljust(20, b'\0') + b'\0' + bytes(31)


def frame(body, more):
    if len(body) < 256:
        return bytes([more, len(body)]) + body
    return bytes([more | 2]) + struct.pack('>Q', len(body)) + body


def request(*parts):
    return b''.join(frame(part, i < len(parts)) for i, part in enumerate((b'', *parts)))


def header(name, dtype='uint8', shape=(48, 64), **more):
    return json.dumps({'msg': name, 'dtype': dtype, 'shape': shape, **more}).encode()


def connect(address):
    host, port = address.rsplit(':', 1)
    s = socket.create_connection((host, int(port)), timeout=2)
    s.settimeout(0.5)
    return s


def greet(address):
    s = connect(address)
    properties = b''.join(bytes([len(k)]) + k + struct.pack('>I', len(v)) + v
                          for k, v in ((b'Socket-Type', b'DEALER'), (b'Identity', b'')))
    ready = b'\x05READY' + properties
    s.sendall(GREETING + bytes([4, len(ready)]) + ready)
    return s


SMALL = bytes(48 * 64)


def names(hub, page, rng):
    """A name for each frame, and no reply is read."""
    s = greet(hub)
    for n in range(2000):
        s.sendall(request(header('stranger-%d' % rng.randrange(10**9), shape=(2, 2)), b'abcd'))


def kinds(hub, page, rng):
    """One name, another kind and size each time."""
    s = greet(hub)
    for n in range(300):
        dtype, size = rng.choice([('uint8', 1), ('int8', 1), ('uint16', 2), ('float64', 8), ('bool', 1)])
        shape = [rng.randrange(1, 90) for _ in range(rng.randrange(1, 4))]
        count = size
        for n in shape:
            count *= n
        s.sendall(request(header('shifty', dtype, shape), bytes(count)))


def large(hub, page, rng):
    """Pictures of 6 MB, and gone in the midst of one."""
    s = greet(hub)
    message = request(header('large-%d' % rng.randrange(5), shape=(1000, 2000, 3)), bytes(6_000_000))
    for n in range(10):
        s.sendall(message)
    s.sendall(message[:rng.randrange(len(message))])


def burst(hub, page, rng):
    """More than anybody reads, and gone."""
    s = greet(hub)
    slow = header('burst', a=[{}] * 15000)
    for n in range(300):
        s.sendall(request(slow, SMALL))


def lies(hub, page, rng):
    """Numbers, times and runs that can't be, damaged JSON and odd numbers of parts."""
    s = greet(hub)
    for n in range(300):
        extra = {'v': 1, 'run': '%x' % rng.randrange(8), 'seq': rng.choice([0, n, 2**63, 2**64 - 1]),
                 't': rng.choice([0, 1, 2**62 - 1]), 'bye': True, 'ping': True}
        for key in rng.sample(sorted(extra), 3):
            del extra[key]
        parts = [header('liar', sluice=extra), SMALL]
        if n % 7 == 0:
            parts[0] = parts[0][:rng.randrange(len(parts[0]))]
        s.sendall(request(*parts * rng.choice([1, 1, 1, 2, 5])))


def texts(hub, page, rng):
    """imagenode's texts, which become events."""
    s = greet(hub)
    for n in range(1000):
        s.sendall(request(b'{"msg": "texter view|motion|%s"}' % rng.choice([b'moving', b'still']), b'0'))


def silent(hub, page, rng):
    """Connections that stop within a greeting."""
    held = [connect(hub) for _ in range(20)]
    for s in held:
        s.sendall(GREETING[:rng.randrange(64)])
    time.sleep(1)


def noise(hub, page, rng):
    for address in (hub, page):
        s = connect(address)
        s.sendall((GREETING if rng.random() < 0.5 else b'GET / HTTP/1.1\r\n') + rng.randbytes(2000))


def slow_requests(hub, page, rng):
    """Requests to the page that never end."""
    held = [connect(page) for _ in range(20)]
    for s in held:
        s.sendall(b'GET /montage.mjpg HTTP/1.1\r\nHost: 127')
    time.sleep(1)


WAYS = [names, kinds, large, burst, lies, texts, silent, noise, slow_requests]


def main(hub, page, seed):
    rng = random.Random(int(seed))
    for n in itertools.count():
        try:
            WAYS[n % len(WAYS)](hub, page, rng)
        except OSError:
            pass  # cut or not taken on: as it should be
        time.sleep(0.2)


if __name__ == '__main__':
    main(*sys.argv[1:])
