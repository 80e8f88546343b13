#!/usr/bin/env python3
"""What is tried with cameras in the guest, and what must come of it.

    cases.py write FOLDER [TEXT]    a folder for each case, or each whose name holds the text
    cases.py check FOLDER [TEXT]    what the guest has left there
"""

from case import RUN, camera, case, graph, main
from outcome import (adds_up, allocations, at_stage, counted, dropped, ended, failed, numbers, raised, rate, says,
                     says_not, times)


def lost(trouble, mend="", before=""):
    """A camera gives pictures, is lost by the trouble, and comes back, by itself or once that is mended."""
    return f"""
{before}
{RUN} & run=$!
wait_for_frames camera
{trouble}
wait_for events source.lost
{mend}
wait_for events source.back
wait_for_frames camera
end $run
"""


UNPLUGGED = lost("unplug", "plug")

# Another program comes while the camera is streaming.
IN_USE = f"""
{RUN} & run=$!
wait_for_frames camera
sluice run graph.toml --quiet 2>second || echo "ended with $?" >>second
end $run
"""

BLOCK = {"when_full": "block"}

# --- The binary on Debian 13 ----------------------------------------------------------------------
case("hub and pi: every frame arrives",
     graph(camera={"type": "capture.synthetic", "source": "pi", "rate": 0, "frames": 60, "width": 320, "height": 240},
           jpeg={"type": "encode.jpeg", "from": "camera", "mailbox": BLOCK},
           uplink={"type": "transport.send", "from": "jpeg", "connect": "tcp://127.0.0.1:5555", "mailbox": BLOCK}),
     script="start_hub; sluice run graph.toml --quiet --report pi.json; end $hub",
     checks=[ended(), adds_up, at_stage("uplink", 60, report="pi.json"), at_stage("cameras", 60, report="hub.json"),
             at_stage("show", 1, report="hub.json")])

# --- capture.video on V4L2 ------------------------------------------------------------------------
VIDEO = {"type": "capture.video", "uri": "/dev/video0", "width": 320, "height": 180, "rate": 10}

case("capture.video: a V4L2 camera",
     camera(**VIDEO, frames=30),
     [ended(), adds_up, numbers, times, at_stage("end", 20, each_bytes=320 * 180 * 3)])
case("capture.video: lost and back", camera(**VIDEO), script=UNPLUGGED,
     checks=[ended(), adds_up, numbers, times, raised("source.lost", "source.back")])
case("capture.video: no such device",
     camera("capture.video", uri="/dev/video99"),
     [ended(1), says("err", "no camera at /dev/video99", "/dev/video0")])

# --- capture.v4l2 ---------------------------------------------------------------------------------
V4L2 = {"type": "capture.v4l2", "device": "/dev/video0", "width": 320, "height": 180, "rate": 10}

for kind, each in {"yuv420": 1.5, "gray8": 1, "bgr8": 3}.items():
    case(f"capture.v4l2: {kind}",
         camera(**V4L2, format=kind, frames=30),
         [ended(), adds_up, numbers, times, rate(10), at_stage("end", 20, each_bytes=320 * 180 * each)])
case("capture.v4l2: its own size and rate",
     camera("capture.v4l2", device="0", frames=5),
     [ended(), adds_up, numbers, times])
case("capture.v4l2: the first pictures are left out",
     camera(**V4L2, warmup=5, frames=5),
     [ended(), adds_up, numbers, times, at_stage("end", 5)])
case("capture.v4l2: by a name that lasts",
     camera(**{**V4L2, "device": "usb-Vivid_Test-video-index0"}, frames=3),
     script="mkdir -p /dev/v4l/by-id; ln -s ../../video0 /dev/v4l/by-id/usb-Vivid_Test-video-index0\n"
            "trap 'rm /dev/v4l/by-id/usb-Vivid_Test-video-index0' EXIT\n"
            f"{RUN}; sluice stages capture.v4l2 --devices",
     checks=[ended(), adds_up, at_stage("end", 3), says("out", "usb-Vivid_Test-video-index0")])
case("capture.v4l2: no permission",
     camera(**V4L2),
     script="chmod 777 .; setpriv --reuid=65534 --regid=65534 --clear-groups sluice run graph.toml",
     checks=[ended(1), says("err", "/dev/video0, which is for the group 'video'", "usermod -aG video")])
# A frame's own memory is recycled. CAF takes two to wake a stage that sleeps; libjpeg two, and the JPEG is one.
case("capture.v4l2: memory that a frame asks for",
     graph(camera={**V4L2, "source": "camera", "rate": 25, "format": "yuv420"},
           jpeg={"type": "encode.jpeg", "from": "camera"},
           end={"type": "sink.discard", "from": "jpeg"}),
     script="sluice time graph.toml --for 15s --json time.json",
     checks=[ended(), allocations(camera=2.1, jpeg=5.1)])
case("capture.v4l2: no JPEGs",
     camera(**V4L2, format="jpeg"),
     [ended(1), says("err", "jpeg", "yuv420")])
case("capture.v4l2: a size that it hasn't",
     camera("capture.v4l2", width=321, height=181),
     [ended(1), says("err", "320 x 180")])
case("capture.v4l2: a rate that it hasn't",
     camera("capture.v4l2", width=320, height=180, rate=11),
     [ended(1), says("err", "12.5")])
case("capture.v4l2: controls are set",
     camera(**V4L2, controls=["brightness=100", "Contrast=90", "horizontal_flip=true"]),
     script=f"{RUN} & wait_for_frames camera; v4l2-ctl -d0 --get-ctrl brightness,contrast,horizontal_flip >controls; "
            "end $!",
     checks=[ended(), says("controls", "brightness: 100", "contrast: 90", "horizontal_flip: 1")])
case("capture.v4l2: a control that it hasn't",
     camera(**V4L2, controls=["brightnes=100"]),
     [ended(1), says("err", "brightness")])
case("capture.v4l2: a control out of its range",
     camera(**V4L2, controls=["brightness=256"]),
     [ended(1), says("err", "brightness", "255")])
case("capture.v4l2: a control that another one decides",
     camera(**V4L2, controls=["gain=10"]),
     [ended(1), says("err", "gain", "decided by another one")])
case("capture.v4l2: a control after the one that decides it",
     camera(**V4L2, controls=["gain_automatic=false", "gain=10"], frames=3),
     [ended(), adds_up])
case("capture.v4l2: a node that takes pictures",
     camera("capture.v4l2", device="/dev/video1"),
     [ended(1), says("err", "/dev/video1 captures no pictures", "/dev/video0")])
case("capture.v4l2: a node of metadata",
     camera("capture.v4l2", device="/dev/video2"),
     [ended(1), says("err", "/dev/video2 captures no pictures, it gives metadata", "/dev/video0")])
case("capture.v4l2: in use", camera(**V4L2), script=IN_USE,
     checks=[ended(), adds_up,
             says("second", "/dev/video0 is in use by another stage or another program", "ended with 1")])
case("capture.v4l2: lost and back", camera(**V4L2), script=UNPLUGGED,
     checks=[ended(), adds_up, numbers, times, rate(10), raised("source.lost", "source.back")])
# Frames wait for a hub that isn't there, and hold some of the buffers of the camera that is lost.
case("capture.v4l2: lost and back while frames are held",
     graph(camera={**V4L2, "source": "camera"},
           uplink={"type": "transport.send", "from": "camera", "connect": "tcp://127.0.0.1:5999",
                   "mailbox": {"capacity": 3, "when_full": "drop_oldest"}},
           end={"type": "sink.discard", "from": "camera"},
           log={"type": "log.events", "file": "events"}),
     script=UNPLUGGED, checks=[ended(), adds_up, numbers, times, rate(10), raised("source.lost", "source.back")])
case("capture.v4l2: its driver gives up",
     camera(**V4L2),
     script=lost("v4l2-ctl -d0 -c inject_fatal_streaming_error=1"),
     checks=[ended(), adds_up, numbers, times, raised("source.lost", "source.back")])
case("capture.v4l2: a broken picture",
     camera(**V4L2),
     script=f"{RUN} & wait_for_frames camera; v4l2-ctl -d0 -c inject_v4l2_buf_flag_error=1; wait_for_frames camera; "
            "end $!",
     checks=[ended(), adds_up, numbers, times, failed("camera", "a broken picture")])
case("capture.v4l2: the driver loses pictures",
     camera(**V4L2),
     script="v4l2-ctl -d0 -c percentage_of_dropped_buffers=50\n"
            "trap 'v4l2-ctl -d0 -c percentage_of_dropped_buffers=0' EXIT\n"
            f"{RUN} & wait_for_frames camera; wait_for_frames camera; end $!",
     checks=[ended(), adds_up, dropped("camera", "camera_lost"), numbers, times, rate(10)])
# What is plugged into a grabber's HDMI socket changes.
case("capture.v4l2: the picture's size changes",
     camera("capture.v4l2", device="/dev/video4"),
     script=lost("v4l2-ctl -d4 -c dv_timings_signal_mode=1",
                 before="v4l2-ctl -d4 -i 3; trap 'v4l2-ctl -d4 -c dv_timings_signal_mode=0 -i 0' EXIT"),
     checks=[ended(), adds_up, numbers, times, raised("source.lost", "source.back"),
             says("events", "has changed its size")])
# Frames wait for a hub that isn't there, and hold the camera's buffers.
case("capture.v4l2: stages hold all buffers",
     graph(camera={**V4L2, "source": "camera", "buffers": 4},
           uplink={"type": "transport.send", "from": "camera", "connect": "tcp://127.0.0.1:5999",
                   "mailbox": {"capacity": 100}}),
     script=f"{RUN} & wait_for err 'lost [1-9]'; end $!",
     checks=[ended(), adds_up, dropped("camera", "no_buffer"), numbers, times])
case("capture.v4l2: devices", "", script="sluice stages capture.v4l2 --devices",
     checks=[ended(), says("out", "/dev/video0", "/dev/video4", "vivid", "brightness", "320 x 180"),
             says_not("out", "/dev/video1", "/dev/video2")])

# --- capture.libcamera, of libcamera's virtual cameras, which have NV12 ------------------------------
LINES = {"type": "capture.libcamera", "camera": "Virtual0", "width": 640, "height": 480}

case("capture.libcamera: yuv420",
     camera(**LINES, frames=20),
     [ended(), adds_up, numbers, times, at_stage("end", 10, each_bytes=640 * 480 * 1.5), says_not("err", "INFO")])
case("capture.libcamera: a kind that it hasn't",
     camera(**LINES, format="jpeg"),
     [ended(1), says("err", "can't give jpeg", "NV12")])
case("capture.libcamera: a rate, and by its number",
     camera("capture.libcamera", camera="1", width=640, height=480, rate=30, warmup=2, frames=5),
     [ended(), adds_up, numbers, times, at_stage("end", 5)])
case("capture.libcamera: a rate that it hasn't",
     camera(**LINES, rate=500),
     [ended(1), says("err", "rate = 500", "30 to 60")])
case("capture.libcamera: a control is taken",
     camera(**LINES, controls=["frame_duration_limits=33333,33333"], frames=3),
     [ended(), adds_up])
case("capture.libcamera: stages hold all buffers",
     graph(camera={**LINES, "source": "camera"},
           uplink={"type": "transport.send", "from": "camera", "connect": "tcp://127.0.0.1:5999",
                   "mailbox": {"capacity": 100}}),
     script=f"{RUN} & wait_for err 'lost [1-9]'; end $!",
     checks=[ended(), adds_up, dropped("camera", "no_buffer"), numbers, times])
case("capture.libcamera: a preview beside the picture",
     graph(camera={**LINES, "source": "camera"},
           end={"type": "sink.discard", "from": "camera"},
           small={"type": "sink.discard", "from": "camera.preview"}),
     script=f"{RUN} & wait_for_frames camera; end $!",
     checks=[ended(), adds_up, at_stage("end", 1, each_bytes=640 * 480 * 1.5),
             at_stage("small", 1, each_bytes=320 * 240 * 1.5)])
case("capture.libcamera: which of two",
     camera("capture.libcamera"),
     [ended(1), says("err", "more than one camera", "Virtual0", "Virtual1")])
case("capture.libcamera: no such camera",
     camera("capture.libcamera", camera="imx708"),
     [ended(1), says("err", "imx708", "Virtual0")])
case("capture.libcamera: a size that it hasn't",
     camera("capture.libcamera", camera="Virtual0", width=333, height=222),
     [ended(1), says("err", "333x222", "1280x720")])
case("capture.libcamera: a control that it hasn't",
     camera(**LINES, controls=["lens_position=2"]),
     [ended(1), says("err", "lens_position", "FrameDurationLimits")])
case("capture.libcamera: in use",
     graph(one={**LINES, "source": "one"}, other={**LINES, "source": "other"},
           end={"type": "sink.discard", "from": ["one", "other"]}),
     [ended(1), says("err", "Virtual0 is in use")])
case("capture.libcamera: devices", "", script="sluice stages capture.libcamera --devices",
     checks=[ended(), says("out", "Virtual0", "Virtual1", "1280x720", "FrameDurationLimits")])

# --- Several at once, and the graphs of configs/ ---------------------------------------------------
BOTH = ["left", "right", "lines", "bars"]
case("two cameras of each sort in one process",
     graph(left={**V4L2, "source": "left"}, right={**V4L2, "source": "right", "device": "/dev/video4"},
           lines={**LINES, "source": "lines"}, bars={**LINES, "source": "bars", "camera": "Virtual1"},
           end={"type": "sink.discard", "from": BOTH}),
     script=f"{RUN} & for source in {' '.join(BOTH)}; do wait_for_frames $source; done; end $!",
     checks=[ended(), adds_up, numbers, times, at_stage("end", 4, sources=BOTH)])


def to_hub(name, camera, checks):
    """A camera's graph to the hub's, until frames have come there."""
    settings = " ".join(f"--set stage.camera.{key}={value}" for key, value in camera.items())
    case(f"configs/{name}.toml to configs/hub.toml, {camera.get('type', 'capture.libcamera')}", "",
         script=f"""
start_hub
HOSTNAME=garden sluice run /sluice/configs/{name}.toml --status --report pi.json {settings} & pi=$!
wait_for_frames garden hub.err
wait_for_frames garden hub.err
end $pi
end $hub
""",
         checks=[ended(), adds_up, at_stage("cameras", 1, report="hub.json", sources=["garden"]),
                 at_stage("show", 1, report="hub.json", sources=["garden"]), *checks])


SMALL = {"camera": "Virtual0", "width": 640, "height": 480}
to_hub("pi", SMALL, [])
to_hub("pi", {"type": "capture.v4l2", "device": "/dev/video0", "width": 640, "height": 360}, [])
# A heartbeat alone would be one frame. What the small pictures show opens the gate for the large ones.
to_hub("pi-motion", SMALL, [counted("motion.began", 1, report="pi.json"), at_stage("uplink", 10, report="pi.json")])

if __name__ == "__main__":
    main()
