"""On what, when and beside which versions was measured."""
import os, platform, re, subprocess, time

from measure import ROOT


def processor():
    with open('/proc/cpuinfo') as file:
        found = re.search(r'^model name\s*: (.*)$', file.read(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def package(name):
    """A Debian package's version, without what Debian added; empty where it isn't installed."""
    asked = subprocess.run(['dpkg-query', '-W', '-f', '${Version}', name], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True)
    return re.sub(r'^\d+:|[-+].*$', '', asked.stdout)


def facts():
    with open(os.path.join(ROOT, 'tests', 'interop', 'requirements.txt')) as file:
        imagezmq = re.search(r'^imagezmq==(.*)$', file.read(), re.MULTILINE)[1]
    return {'date': time.strftime('%Y-%m-%d'), 'cores': os.cpu_count(), 'processor': processor(),
            'versions': {'imagezmq': imagezmq, 'motion': package('motion'),
                         'GStreamer': package('gstreamer1.0-tools'), 'libzmq': package('libzmq5')}}


def told(run):
    """A sentence below the table."""
    versions = ', '.join('%s %s' % each for each in run['versions'].items() if each[1])
    minutes = (run['prepared_s'] + run['measured_s']) / 60
    return ('`tools/bench`, %s, in %.0f min: %d cores of %s; %s.'
            % (run['date'], minutes, run['cores'], run['processor'], versions))
