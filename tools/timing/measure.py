"""What the measuring programs of this folder share: building, starting, and reading what was used."""
import json, os, resource, signal, statistics, subprocess, sys, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SLUICE = os.path.join(ROOT, 'build', 'sluice')
TIMING = os.path.join(ROOT, 'build', 'tools', 'timing', 'sluice_timing')
VIDEO = '/usr/share/doc/opencv-doc/examples/data/vtest.avi'  # 768×576, of Debian's opencv-doc


def build():
    subprocess.run(['cmake', '-S', ROOT, '-B', os.path.join(ROOT, 'build'), '-G', 'Ninja'],
                   check=True, stdout=sys.stderr)
    subprocess.run(['cmake', '--build', os.path.join(ROOT, 'build'), '--target', 'sluice', 'sluice_timing'],
                   check=True, stdout=sys.stderr)


def timing(*words):
    """One line of sluice_timing."""
    done = subprocess.run([TIMING, *map(str, words)], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_of(pid):
    """CPU seconds of a running process."""
    with open('/proc/%d/stat' % pid) as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def rss_mib(pid):
    with open('/proc/%d/status' % pid) as file:
        return next(int(line.split()[1]) >> 10 for line in file if line.startswith('VmRSS'))


def write(path, text):
    with open(path, 'w') as file:
        file.write(text)
    return path


def read_json(path):
    with open(path) as file:
        return json.load(file)


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit('waited %d s in vain' % seconds)
        time.sleep(0.005)


def start(graph, report, *more):
    """sluice run; its standard output is a pipe."""
    return subprocess.Popen([SLUICE, 'run', graph, '--quiet', '--report', report, *more],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def end(process):
    process.send_signal(signal.SIGTERM)
    process.communicate()


def median_of(rows):
    return {key: round(statistics.median(row[key] for row in rows), 3) for key in rows[0]}
