"""Graph files, made of chains of stages."""
import json

from measure import QUALITY


def toml(value):
    if isinstance(value, dict):
        return '{ %s }' % ', '.join('%s = %s' % (key, toml(each)) for key, each in value.items())
    return json.dumps(value)  # texts, numbers, lists: the same in both


def stage(name, type, **keys):
    """[stage.NAME]"""
    lines = ['[stage.%s]' % name, 'type = "%s"' % type]
    return '\n'.join(lines + ['%s = %s' % (key, toml(value)) for key, value in keys.items()]) + '\n'


def chain(*stages):
    """(name, type, keys) each, fed by the one before; the first may say `from` itself."""
    text, last = '', None
    for name, type, keys in stages:
        text += stage(name, type, **({'from': last} if last else {}), **keys)
        last = name
    return text


# What a hub may do with what it receives.
TAKE = ()


def decode(workers=1):
    return (('decode', 'decode.jpeg', {'workers': workers}),)


def motion(method, scale='1/2'):
    """As the manual advises: only brightness is decoded, and in the size that is looked at."""
    return (('decode', 'decode.jpeg', {'format': 'gray8', 'scale': scale}),
            ('motion', 'motion.detect', {'method': method, 'scale': 1.0}))


def hub(work, pattern, addresses, when_full):
    """`in` receives, `end` is where frames have come through all of it; `when_full` is the work's rule."""
    listens = 'bind' if pattern == 'request' else 'connect'
    rule = {'mailbox': {'when_full': when_full}}
    return (chain(('in', 'transport.receive', {'pattern': pattern, listens: addresses}),
                  *((name, type, {**keys, **rule}) for name, type, keys in work),
                  ('end', 'sink.discard', {} if work else rule)) +
            stage('events', 'log.events', **{'from': 'in'}))


def node(name, video, mode, pattern, realtime, address):
    """A camera that gives frames held in memory; flat out it waits for room, as imagezmq's does."""
    encode = (('jpeg', 'encode.jpeg', {'quality': QUALITY}),) if mode == 'jpeg' else ()
    return (('' if realtime else 'mailbox = { when_full = "block" }\n') +
            chain(('camera', 'capture.video', {'source': name, 'uri': video, 'preload': 25, 'realtime': realtime}),
                  *encode,
                  ('up', 'transport.send', {'pattern': pattern,
                                            'connect' if pattern == 'request' else 'bind': address})))


def lens(name, width, height, rate, frames, convert, quality, address):
    """A camera's machine: yuv420 as a lens gives it, to JPEG; `convert` goes through BGR, as one would by OpenCV."""
    through = (('bgr', 'image.convert', {'to': 'bgr8'}),) if convert else ()
    return chain(('camera', 'capture.synthetic', {'source': name, 'width': width, 'height': height, 'rate': rate,
                                                  'format': 'yuv420', 'preload': 25, 'frames': frames}),
                 *through, ('jpeg', 'encode.jpeg', {'quality': quality}),
                 ('up', 'transport.send', {'connect': address}))
