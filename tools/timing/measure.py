"""What the measuring programs of this folder share: building, starting, and reading what was used."""
import atexit, ctypes, json, os, resource, socket, statistics, subprocess, sys, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SLUICE = os.path.join(ROOT, 'build', 'sluice')
TIMING = os.path.join(ROOT, 'build', 'tools', 'timing', 'sluice_timing')
VIDEO = '/usr/share/doc/opencv-doc/examples/data/vtest.avi'  # 768×576, of Debian's opencv-doc
QUALITY = 95  # of JPEGs, everywhere


class Missing(Exception):
    """A peer "can't be had here: why"."""


def build():
    subprocess.run(['cmake', '-S', ROOT, '-B', os.path.join(ROOT, 'build'), '-G', 'Ninja'],
                   check=True, stdout=sys.stderr)
    subprocess.run(['cmake', '--build', os.path.join(ROOT, 'build'), '--target', 'sluice', 'sluice_timing'],
                   check=True, stdout=sys.stderr)


# --- processes ------------------------------------------------------------------------------------

def begin(*command, **how):
    """Starts a process that speaks through pipes, and does not outlive this one."""
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, **how)
    atexit.register(lambda: process.poll() is None and process.kill())
    return process


def say(process, line):
    process.stdin.write(line + '\n')
    process.stdin.flush()


def line_of(process, seconds=60):
    """The next line that it prints; who says nothing for so long is ended, and the measurement with it."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    line = process.stdout.readline()
    timer.cancel()
    if not line:
        raise SystemExit('%s ended, or said nothing for %d s' % (' '.join(process.args), seconds))
    return line


def result_of(process):
    """What it says in its last line, when it has ended well."""
    out = process.communicate()[0]
    if process.returncode != 0:
        raise SystemExit('%s failed: exit status %d' % (' '.join(process.args), process.returncode))
    return json.loads(out.splitlines()[-1]) if out.strip() else None


def timing(*words):
    """One line of sluice_timing."""
    return result_of(begin(TIMING, *words))


# --- what was used --------------------------------------------------------------------------------

def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_of(pid):
    """CPU seconds of a running process, all its threads, to the nanosecond."""
    clock = ctypes.c_int()
    error = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    if error:
        raise OSError(error, 'no CPU clock of process %d' % pid)
    return time.clock_gettime(clock.value)


def median_of(rows):
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


# --- files and addresses --------------------------------------------------------------------------

def write(path, text):
    with open(path, 'w') as file:
        file.write(text)
    return path


def read_json(path):
    with open(path) as file:
        return json.load(file)


def free_addresses(count):
    """Addresses of loopback that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(('127.0.0.1', 0))
    addresses = ['tcp://127.0.0.1:%d' % each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return addresses
