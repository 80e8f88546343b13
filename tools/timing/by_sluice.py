"""Sluice's side: a hub's process and its nodes', on loopback."""
import json, os, random, statistics, subprocess, sys, tempfile, time
from datetime import datetime

import graphs
from dashboard import Dashboard
from measure import (ROOT, SLUICE, TIMING, VIDEO, begin, cpu_of, free_addresses, line_of, read_json,
                     result_of, say, write)

VIEWERS = os.path.join(ROOT, 'tools', 'timing', 'peers', 'viewers.py')


def run(graph, report, *more):
    return begin(SLUICE, 'run', graph, '--quiet', '--report', report, *more, stderr=subprocess.DEVNULL)


def when(event):
    return datetime.fromisoformat(event['time'].replace('Z', '+00:00')).timestamp()


class Hub:
    """A running hub; what it did between the first frame and the last."""

    def __init__(self, graph, folder, dashboard=False):
        self.report = os.path.join(folder, 'hub.json')
        self.dashboard = Dashboard(free_addresses(1)[0].removeprefix('tcp://')) if dashboard else None
        self.process = run(write(os.path.join(folder, 'hub.toml'), graph), self.report,
                           *(['--dashboard=' + self.dashboard.address] if dashboard else []))
        if dashboard:
            self.dashboard.wait_until_drawn()

    def hear(self, name):
        """The next event of that name."""
        while True:
            event = json.loads(line_of(self.process))
            if event['event'] == name:
                return event

    def begins(self, senders=1):
        """When each of so many senders has sent something."""
        self.up = [when(self.hear('link.up'))]
        self.cpu = cpu_of(self.process.pid)
        self.up += [when(self.hear('link.up')) for _ in range(senders - 1)]

    def stop(self):
        self.process.terminate()
        self.process.communicate()

    def ends(self):
        """When each of them has said goodbye."""
        gone = [when(self.hear('source.gone')) for _ in self.up]
        used = cpu_of(self.process.pid) - self.cpu
        self.stop()
        report = read_json(self.report)
        end = report['stages']['end']
        frames = end['out']
        if not frames:
            raise SystemExit('no frame came through the hub: %s' % json.dumps(report['stages']))
        self.of_source = {name: source['in'] - sum(source['dropped'].values()) for name, source in end['sources'].items()}
        self.began = report['events'].get('motion.began', 0)
        return {'frames': frames, 'fps': frames / (statistics.mean(gone) - statistics.mean(self.up)),
                'p50_ms': end['age_ms']['p50'], 'p99_ms': end['age_ms']['p99'],
                'hub_cpu_ms': 1e3 * used / frames}


def video(mode, pattern='request', senders=1, realtime=False, seconds=4, uri=VIDEO, workers=1, sender_cpu=False):
    """Nodes that send a video's frames, each a process of its own; with `sender_cpu` what they used."""
    with tempfile.TemporaryDirectory() as folder:
        path = lambda name: os.path.join(folder, name)
        request = pattern == 'request'
        addresses = free_addresses(1 if request else senders)
        hub = Hub(graphs.hub(graphs.decode(workers) if mode == 'jpeg' else graphs.TAKE, pattern, addresses,
                             'block' if request else 'latest'), folder)
        graph_of = lambda name, *rest: write(path(name + '.toml'), graphs.node(name, uri, mode, *rest))
        nodes = [run(graph_of('cam%d' % k, pattern, realtime, addresses[k % len(addresses)]),
                     path('cam%d.json' % k)) for k in range(senders)]
        hub.begins(senders)
        time.sleep(seconds)  # from the first frame on: reading the video doesn't count
        for node in nodes:
            node.terminate()
        for node in nodes:
            result_of(node)
        got = hub.ends()
        reports = [read_json(path('cam%d.json' % k)) for k in range(senders)]
        sent = sum(report['stages']['up']['out'] for report in reports)
        if request and got['frames'] != sent:
            raise SystemExit('%d frames were acknowledged, %d came' % (sent, got['frames']))
        if sender_cpu:
            # Less what starting, holding the frames and ending takes: to a hub that isn't there the
            # camera fills its mailbox, and that is all.
            result_of(run(graph_of('rest', 'request', True, 'ipc://' + path('nobody')), path('rest.json'),
                          '--for', '300ms'))
            rest = read_json(path('rest.json'))['cpu_s']
            got['sender_cpu_ms'] = 1e3 * sum(report['cpu_s'] - rest for report in reports) / sent
        return got


def lens(width, height, quality, rate, seconds, convert=False):
    """A camera's yuv420 as JPEGs to a hub: CPU a frame of the sender, less that of being there for one frame."""
    with tempfile.TemporaryDirectory() as folder:
        address = free_addresses(1)[0]
        hub = run(write(os.path.join(folder, 'hub.toml'), graphs.hub(graphs.TAKE, 'request', [address], 'latest')),
                  os.path.join(folder, 'hub.json'))

        def sent(frames):
            report = os.path.join(folder, 'node.json')
            result_of(run(write(os.path.join(folder, 'node.toml'), graphs.lens(
                'lens', width, height, rate, frames, convert, quality, address)), report))
            return read_json(report)

        one, many = sent(1), sent(rate * seconds)
        hub.terminate()
        hub.communicate()
        frames = many['stages']['up']['out'] - one['stages']['up']['out']
        return {'sender_cpu_ms': 1e3 * (many['cpu_s'] - one['cpu_s']) / frames, 'frames': frames}


def cameras(jpegs, count, rate, seconds, work, pattern='request', when_full='latest', moves=False):
    """Cameras of ready JPEGs, all in one process; with `moves` the hub must have seen something move."""
    with tempfile.TemporaryDirectory() as folder:
        addresses = free_addresses(1)
        hub = Hub(graphs.hub(work, pattern, addresses, when_full), folder)
        node = begin(TIMING, 'cameras', jpegs, count, rate, seconds, pattern, addresses[0])
        hub.begins(count)
        given = result_of(node)['given']
        got = hub.ends()
        if moves and not hub.began:
            raise SystemExit('the hub found no motion in pictures full of it')
        return {**got, 'given_fps': sum(given.values()) / seconds,
                'fewest': min(hub.of_source.get(name, 0) / frames for name, frames in given.items())}


def with_and_without_dashboard(jpegs, count, rate, seconds, work):
    """Two hubs at once, each with cameras of its own: what disturbs one of them disturbs the other."""
    with tempfile.TemporaryDirectory() as folder:
        addresses = dict(zip(random.sample((True, False), 2), free_addresses(2)))  # no side is always first
        hubs = {dashboard: Hub(graphs.hub(work, 'request', [address], 'latest'), tempfile.mkdtemp(dir=folder), dashboard)
                for dashboard, address in addresses.items()}
        nodes = [begin(TIMING, 'cameras', jpegs, count, rate, seconds, 'request', address)
                 for address in addresses.values()]
        for hub in hubs.values():
            hub.begins(count)
        for node in nodes:
            result_of(node)
        got = {dashboard: hub.ends()['hub_cpu_ms'] for dashboard, hub in hubs.items()}
        return {'hub_cpu_ms': got[True], 'without_ms': got[False], 'times': got[True] / got[False]}


def watched(jpegs, count, rate, seconds, work, viewers):
    """Ages in one hub before so many look at its montage, while they do, and after: nobody looks twice,
    so that it shows how much an age varies by itself."""
    with tempfile.TemporaryDirectory() as folder:
        address = free_addresses(1)[0]
        hub = Hub(graphs.hub(work, 'request', [address], 'latest'), folder, dashboard=True)
        hour = 3600  # cameras go on until all is measured
        node = begin(TIMING, 'cameras', jpegs, count, rate, hour, 'request', address)
        hub.begins(count)
        hub.dashboard.wait_for_sources(count, 'end')
        p99_ms = lambda: hub.dashboard.during(seconds)['stages']['end']['age_ms']['p99']
        before = p99_ms()
        browsers = begin(sys.executable, VIEWERS, hub.dashboard.address, viewers)
        if line_of(browsers) != 'ready\n':
            raise SystemExit('the viewers did not start')
        during = p99_ms()
        say(browsers, 'end')
        seen = result_of(browsers)
        hub.dashboard.wait_until_left()
        after = p99_ms()
        node.kill()
        node.communicate()
        hub.stop()
        return {'p99_ms': during, 'before_ms': before, 'after_ms': after,
                'times': 2 * during / (before + after), **seen}
