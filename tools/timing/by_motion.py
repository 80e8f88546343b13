"""The motion daemon (motion-project.github.io), reading the same JPEGs from a network camera."""
import os, shutil, subprocess, sys, tempfile, time

from measure import ROOT, Missing, begin, cpu_of, line_of, say

SERVER = os.path.join(ROOT, 'tools', 'timing', 'peers', 'mjpeg_server.py')

# As it comes, but that it keeps and serves nothing: only its looking is measured.
CONFIG = '''daemon off
netcam_url http://127.0.0.1:%(port)d/
width 768
height 576
framerate %(rate)d
picture_output off
movie_output off
webcontrol_port 0
stream_port 0
target_dir %(folder)s
log_file %(folder)s/log
log_level 6
'''


def frames_of(server):
    say(server, 'how many?')
    return int(line_of(server))


def wait_for_motion(daemon, log, limit=30):
    """By then it has connected, has begun to look, and it does look."""
    end, text = time.monotonic() + limit, ''
    while True:
        if os.path.exists(log):
            with open(log) as file:
                text = file.read()
            if 'Motion detected' in text:
                return
        if daemon.poll() is not None or time.monotonic() > end:
            raise SystemExit('motion found no motion in %d s:\n%s' % (limit, text))
        time.sleep(0.05)


def run(jpegs, rate, seconds):
    """CPU per frame between the first motion that it found and so many seconds later."""
    if not shutil.which('motion'):
        raise Missing("can't be had here: tools/setup bench could not install it")
    with tempfile.TemporaryDirectory() as folder:
        server = begin(sys.executable, SERVER, jpegs, rate)
        config = os.path.join(folder, 'motion.conf')
        with open(config, 'w') as file:
            file.write(CONFIG % {'port': int(line_of(server)), 'rate': rate, 'folder': folder})
        daemon = begin('motion', '-n', '-c', config, stderr=subprocess.DEVNULL)
        wait_for_motion(daemon, os.path.join(folder, 'log'))
        frames, used, begun = frames_of(server), cpu_of(daemon.pid), time.monotonic()
        time.sleep(seconds)
        frames, used, took = frames_of(server) - frames, cpu_of(daemon.pid) - used, time.monotonic() - begun
        for process in (daemon, server):
            process.terminate()
            process.communicate()
    return {'frames': frames, 'fps': frames / took, 'hub_cpu_ms': 1e3 * used / frames}
