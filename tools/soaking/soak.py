"""Runs a hub at three times what it can take: soak.py SLUICE MINUTES (see tools/soak).

The hub has one half of the processors, and all that sends to it the other. Its capacity is found first:
cameras at rising rates, until the hub gives no more. Then the cameras send three times that, for as
long as was asked for, and a stranger sends besides."""
import os, shutil, signal, socket, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'timing'))
from dashboard import Dashboard

ROUTES = ('request', 'publish', 'push')
CAMERAS = 2  # on each route
FLAT_MIB = 48
FLAT_DESCRIPTORS = 8
LEAST = 0.95  # of the output at exactly its capacity
QUIET = 10  # seconds, and a camera counts as lost

HUB = '''
name = "hub"
memory = "512MiB"
%(receivers)s
[stage.decode]
type    = "decode.jpeg"
from    = ["request", "publish", "push"]
mailbox = { when_full = "latest" }
[stage.motion]
type    = "motion.detect"
from    = "decode"
mailbox = { when_full = "block" }  # what is dropped is dropped before it is decoded
[stage.show]
type   = "display.web"
from   = "motion"
listen = "%(page)s"
[stage.enlarge]                 # work enough that cameras on half of the processors are too much
type    = "image.resize"
from    = "motion"
scale   = 2.0
mailbox = { when_full = "block" }
[stage.record]                  # what a recorder has to do before it writes
type    = "encode.jpeg"
from    = "enlarge"
mailbox = { when_full = "block" }
[stage.recorded]
type = "sink.discard"
from = "record"
[stage.events]
type = "log.events"
[dashboard]
listen = "%(page)s"
'''
RECEIVER = '''
[stage.%(route)s]
type    = "transport.receive"
bind    = "tcp://%(address)s"
pattern = "%(route)s"
'''
NODE = '''
name = "%(route)s"
%(cameras)s
[stage.jpeg]
type    = "encode.jpeg"
from    = [%(names)s]
mailbox = { when_full = "latest" }
[stage.uplink]
type    = "transport.send"
from    = "jpeg"
connect = "tcp://%(address)s"
pattern = "%(route)s"
'''
CAMERA = '''
[stage.%(name)s]
type    = "capture.synthetic"
source  = "%(name)s"
width   = 640
height  = 480
format  = "yuv420"
preload = 40
rate    = %(rate).3f
'''


def free_addresses(count):
    held = [socket.socket() for _ in range(count)]
    for s in held:
        s.bind(('127.0.0.1', 0))
    addresses = ['127.0.0.1:%d' % s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return addresses


def source_names(route):
    return ['%s-%d' % (route, i) for i in range(CAMERAS)]


def all_source_names():
    return [name for route in ROUTES for name in source_names(route)]


class Soak:
    def __init__(self, sluice, folder):
        self.sluice, self.folder = sluice, folder
        cpus = sorted(os.sched_getaffinity(0))
        half = max(1, len(cpus) // 2)
        self.hub_cpus, self.other_cpus = set(cpus[:half]), set(cpus[half:] or cpus)
        *addresses, page = free_addresses(len(ROUTES) + 1)
        self.address, self.page = dict(zip(ROUTES, addresses)), page
        self.nodes = []
        graph = HUB % {'page': page, 'receivers': ''.join(
            RECEIVER % {'route': route, 'address': self.address[route]} for route in ROUTES)}
        self.hub = self.run('hub', graph, self.hub_cpus)
        self.dashboard = Dashboard(page)
        self.dashboard.wait_until_drawn()

    def spawn(self, name, command, cpus):
        log = open(os.path.join(self.folder, name + '.log'), 'a')
        return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                preexec_fn=lambda: os.sched_setaffinity(0, cpus))

    def run(self, name, graph, cpus):
        path = os.path.join(self.folder, name + '.toml')
        with open(path, 'w') as file:
            file.write(graph)
        return self.spawn(name, [self.sluice, 'run', path, '--quiet'], cpus)

    def send(self, rate):
        """Cameras that make so many frames a second together, in the place of those before."""
        self.stop_nodes()
        each = min(rate / (len(ROUTES) * CAMERAS), 1000)
        for route in ROUTES:
            names = source_names(route)
            cameras = ''.join(CAMERA % {'name': name, 'rate': each} for name in names)
            graph = NODE % {'route': route, 'cameras': cameras, 'address': self.address[route],
                            'names': ', '.join('"%s"' % name for name in names)}
            self.nodes.append(self.run('node-' + route, graph, self.other_cpus))

    def stop_nodes(self):
        for node in self.nodes:
            node.send_signal(signal.SIGTERM)
        for node in self.nodes:
            if node.wait(30) != 0:
                raise SystemExit('soak: a node ended with %d; its log is in %s' % (node.returncode, self.folder))
        self.nodes = []

    def stages(self):
        if self.hub.poll() is not None:
            raise SystemExit('soak: the hub ended with %d; its log is in %s' % (self.hub.returncode, self.folder))
        return self.dashboard.json('/graph.json')['report']['stages']

    def counts(self):
        """The cameras' frames that came to the hub, and those that it was done with; and when."""
        stages = self.stages()
        frames = lambda stage, name: stages[stage]['sources'].get(name, {}).get('in', 0)
        came = sum(frames(route, name) for route in ROUTES for name in source_names(route))
        done = sum(frames('recorded', name) for name in all_source_names())
        return time.monotonic(), came, done

    def quiet(self, since):
        """The cameras whose pictures have not come through for QUIET seconds; where none ever has, since then."""
        sources = self.stages()['motion']['sources']
        never = {'quiet_s': time.monotonic() - since}
        return {name for name in all_source_names() if sources.get(name, never)['quiet_s'] > QUIET}

    def rates(self, seconds, settle=5):
        """Frames a second that came and that went."""
        time.sleep(settle)
        t0, came0, done0 = self.counts()
        time.sleep(seconds)
        t1, came1, done1 = self.counts()
        return (came1 - came0) / (t1 - t0), (done1 - done0) / (t1 - t0)

    def capacity(self):
        """Frames a second: the most that the hub gives when it gets what it can take, found by rising rates."""
        self.send(1000)
        _, about = self.rates(20)
        best, rate, short = 0, 0.7 * about, 0
        for _ in range(14):
            self.send(rate)
            came, done = self.rates(20)
            print('  %6.1f frames/s came, %6.1f went' % (came, done), flush=True)
            best = max(best, done)
            short = short + 1 if done < 0.97 * came else 0
            if short == 2:  # once may have been the machine
                return best
            rate *= 1.1
        raise SystemExit('soak: %.1f frames/s were not too much for the hub; give its cameras more processors' % came)

    def held(self):
        folder = '/proc/%d/' % self.hub.pid
        status = dict(line.split(':', 1) for line in open(folder + 'status'))
        return {'MiB': int(status['VmRSS'].split()[0]) / 1024, 'descriptors': len(os.listdir(folder + 'fd')),
                'threads': int(status['Threads'])}


def soak(sluice, minutes, folder):
    hub = Soak(sluice, folder)
    print('capacity:', flush=True)
    try:
        capacity = hub.capacity()
        print('overload: 3 × %.1f frames/s for %d min, and a stranger' % (capacity, minutes), flush=True)
        hub.send(3 * capacity)
        stranger = hub.spawn('stranger', [sys.executable, os.path.join(HERE, 'stranger.py'), hub.address['request'],
                                          hub.page, '1'], hub.other_cpus)
        try:
            return verdict(capacity, *overload(hub, minutes * 60))
        finally:
            stranger.kill()
            stranger.wait()
    finally:
        end(hub)


def end(hub):
    for node in hub.nodes:
        node.kill()
        node.wait()
    hub.hub.send_signal(signal.SIGTERM)
    try:
        status = hub.hub.wait(10)
    except subprocess.TimeoutExpired:
        hub.hub.kill()
        status = hub.hub.wait()
    print('the hub ended with %d' % status, flush=True)


def overload(hub, seconds):
    """What the hub held, second by second; frames a second that came and went; cameras that fell quiet."""
    held, quiet = [], set()
    time.sleep(5)
    begin, came0, done0 = hub.counts()
    now, told = begin, begin
    while now < begin + seconds:
        time.sleep(1)
        now = time.monotonic()
        held.append(hub.held())
        quiet |= hub.quiet(begin)
        if now >= told + min(60, seconds / 4):
            told = now
            t, came, done = hub.counts()
            print('  %5.1f min: %6.1f frames/s came, %6.1f went; %4.0f MiB, %d descriptors, %d threads' % (
                (t - begin) / 60, (came - came0) / (t - begin), (done - done0) / (t - begin),
                *held[-1].values()), flush=True)
    t, came, done = hub.counts()
    return held, (came - came0) / (t - begin), (done - done0) / (t - begin), quiet


def verdict(capacity, held, came, done, quiet):
    quarter = len(held) // 4
    most = lambda part, what: max(h[what] for h in part)
    rows = []
    for what, allowed in (('MiB', FLAT_MIB), ('descriptors', FLAT_DESCRIPTORS), ('threads', 4)):
        early, late = most(held[quarter:2 * quarter], what), most(held[-quarter:], what)
        rows.append((what + ', most in the second and the last quarter', '%.0f, %.0f' % (early, late),
                     late <= early + allowed))
    rows.append(('frames/s at capacity', '%.1f' % capacity, True))
    rows.append(('frames/s that came', '%.1f' % came, came > 1.5 * capacity))
    rows.append(('frames/s that went', '%.1f, %.1f %% of capacity' % (done, 100 * done / capacity),
                 done >= LEAST * capacity))
    rows.append(('cameras that fell quiet', ', '.join(sorted(quiet)) or 'none', not quiet))
    for what, value, good in rows:
        print('%-45s %-30s %s' % (what, value, 'good' if good else 'BAD'))
    return all(good for _, _, good in rows)


def main(sluice, minutes):
    folder = tempfile.mkdtemp(prefix='sluice-soak-')
    good = soak(os.path.abspath(sluice), int(minutes), folder)
    if good:
        shutil.rmtree(folder)
    else:
        print('soak: the logs are in ' + folder)
    print('soak: %s' % ('as it should be' if good else 'NOT as it should be'))
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
