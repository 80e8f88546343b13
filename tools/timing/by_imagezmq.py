"""imagezmq's side: the real package, in programs as its users write them."""
import os

from measure import QUALITY, ROOT, VIDEO, Missing, begin, free_addresses, line_of, result_of, say

PYTHON = os.path.join(ROOT, '.venv-interop', 'bin', 'python')  # tests/interop/venv makes it
READY = os.path.join(ROOT, '.venv-interop', 'ready')
PEERS = os.path.join(ROOT, 'tools', 'timing', 'peers')


def peer(script, *words):
    return begin(PYTHON, os.path.join(PEERS, script), *words)


def wait_for(peers):
    for each in peers:
        if line_of(each) != 'ready\n':
            raise SystemExit('%s did not start' % ' '.join(each.args))


def run(mode, pattern='request', senders=1, rate=0, seconds=4, pictures=VIDEO, work='decode', quality=QUALITY,
        size=None):
    """`mode`: raw, jpeg, yuv420 (bare pictures of that size), or jpegs that are ready; `work` is the hub's: take, decode or motion."""
    if not os.path.exists(READY):
        raise Missing("can't be had here: tests/interop/venv found no package index")
    request = pattern == 'request'
    addresses = free_addresses(1 if request else senders)
    start_hub = lambda: peer('imagezmq_hub.py', ','.join(addresses), pattern, work)
    hub = start_hub() if request else None
    at = lambda k: addresses[0] if request else addresses[k].replace('127.0.0.1', '*')
    nodes = [peer('imagezmq_sender.py', at(k), 'cam%d' % k, pattern, mode, pictures, '--quality', quality,
                  '--rate', rate, '--seconds', seconds, '--phase', k / senders / rate if rate else 0,
                 *(('--size', *size) if size else ()))
             for k in range(senders)]
    wait_for(nodes)
    hub = hub or start_hub()  # publishers must be there before it
    wait_for([hub])
    for node in nodes:
        say(node, 'go')
    sent = [result_of(node) for node in nodes]
    say(hub, 'end')
    got = result_of(hub)
    given = sum(each['frames'] for each in sent)
    return {'frames': got['frames'], 'fps': got['frames'] / got['seconds'],
            'p50_ms': got['p50_ms'], 'p99_ms': got['p99_ms'],
            'hub_cpu_ms': 1e3 * got['cpu_s'] / got['frames'],
            'sender_cpu_ms': 1e3 * sum(each['cpu_s'] for each in sent) / given,
            'given_fps': given / seconds,
            'fewest': min(got['of_source'].get('cam%d' % k, 0) / each['frames'] for k, each in enumerate(sent))}
