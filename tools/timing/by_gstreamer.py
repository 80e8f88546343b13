"""GStreamer's side: a chain of queues and identities."""
import shutil, subprocess, time

from measure import Missing, children_cpu


def run(hops, capacity, frames):
    """CPU and wall seconds of the whole process."""
    if not shutil.which('gst-launch-1.0'):
        raise Missing("can't be had here: tools/setup bench could not install it")
    words = ['fakesrc', 'num-buffers=%d' % frames, 'silent=true']
    for _ in range(hops):
        words += ['!', 'queue', 'max-size-buffers=%d' % capacity, 'max-size-bytes=0', 'max-size-time=0',
                  '!', 'identity', 'silent=true']
    words += ['!', 'fakesink', 'silent=true', 'sync=false']
    before, start = children_cpu(), time.monotonic()
    subprocess.run(['gst-launch-1.0', '-q', *words], check=True, stdout=subprocess.DEVNULL)
    return {'cpu_s': children_cpu() - before, 'wall_s': time.monotonic() - start}
