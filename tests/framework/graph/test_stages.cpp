// Stage types for the tests of the graph check. They are declared, and do nothing.

#include <sluice/stage.hpp>

namespace sluice {
namespace {

struct LoadSource : LoopStage {
  static void declare(Declare<LoadSource>& d) {
    d.summary("A source of every kind of parameter");
    d.output(Kind::bgr8).raises({"camera.lost"});
    d.param("source", &LoadSource::source, "the camera's name");
    d.param("width", &LoadSource::width, "of the picture").range(16, 8192).unit("pixels");
    d.param("rate", &LoadSource::rate, "how often").range(0.1, 240).unit("frames/s");
    d.param("every", &LoadSource::every, "how long a picture is shown")
        .range(std::chrono::milliseconds(1), std::chrono::hours(1));
    d.param("buffer", &LoadSource::buffer, "what it may hold").at_least(1);
    d.param("live", &LoadSource::live, "whether it is");
    d.param("files", &LoadSource::files, "what to play");
  }
  void run(LoopContext&) override {}
  std::string source = "cam";
  int width = 320;
  double rate = 30;
  Duration every = std::chrono::milliseconds(40);
  ByteSize buffer{1024};
  bool live = false;
  std::vector<std::string> files;
};
SLUICE_STAGE(LoadSource, "loadtest.source");

struct LoadChosen : LoopStage {
  static void declare(Declare<LoadChosen>& d) {
    d.summary("A source whose kind is chosen");
    d.output_chosen(Kind::gray8 | Kind::bgr8 | Kind::jpeg, "format");
    d.param("format", &LoadChosen::format, "what it gives")
        .choices({"any", "gray8", "bgr8", "jpeg"});
  }
  void run(LoopContext&) override {}
  std::string format = "bgr8";
};
SLUICE_STAGE(LoadChosen, "loadtest.chosen");

struct LoadEncode : Stage {
  static void declare(Declare<LoadEncode>& d) {
    d.summary("Pictures to JPEG");
    d.input(Kind::gray8 | Kind::bgr8).output(Kind::jpeg);
    d.param("quality", &LoadEncode::quality, "of the JPEG").range(1, 100);
    d.mailbox({.when_full = WhenFull::drop_newest, .max_age = std::chrono::seconds(9)});
  }
  int quality = 80;
};
SLUICE_STAGE(LoadEncode, "loadtest.encode");

struct LoadConvert : Stage {
  static void declare(Declare<LoadConvert>& d) {
    d.summary("Pictures to pictures");
    d.input(kinds::pictures).output_chosen(kinds::pictures, "to");
    d.param("to", &LoadConvert::to, "what it gives").choices({"gray8", "bgr8", "yuv420"});
  }
  std::string to = "bgr8";
};
SLUICE_STAGE(LoadConvert, "loadtest.convert");

struct LoadDecode : Stage {
  static void declare(Declare<LoadDecode>& d) {
    d.summary("JPEG to pictures, and pictures as they come");
    d.input(kinds::images | Kind::jpeg);
    d.output_chosen(Kind::gray8 | Kind::yuv420, "format").passing(kinds::images);
    d.param("format", &LoadDecode::format, "what it gives").choices({"gray8", "yuv420"});
  }
  std::string format = "gray8";
};
SLUICE_STAGE(LoadDecode, "loadtest.decode");

struct LoadSame : Stage {
  static void declare(Declare<LoadSame>& d) {
    d.summary("Hands on what it gets");
    d.input(kinds::frames).output_same();
  }
};
SLUICE_STAGE(LoadSame, "loadtest.same");

struct LoadMotion : Stage {
  static void declare(Declare<LoadMotion>& d) {
    d.summary("Two outputs and events");
    d.input(kinds::pictures).output_same().output(Kind::gray8, "mask").raises({"motion.began"});
    d.single_worker();
  }
};
SLUICE_STAGE(LoadMotion, "loadtest.motion");

struct LoadGate : Stage {
  static void declare(Declare<LoadGate>& d) {
    d.summary("Waits for events");
    d.input(kinds::frames).input(Kind::event, "events").output_same();
    d.param("open", &LoadGate::open, "what opens it").awaited_at("events");
    d.param("close", &LoadGate::close, "what closes it").awaited_at("events");
  }
  std::string open = "motion.began";
  std::string close;
};
SLUICE_STAGE(LoadGate, "loadtest.gate");

struct LoadUplink : Stage {
  static void declare(Declare<LoadUplink>& d) {
    d.summary("Takes JPEG and needs a parameter");
    d.input(Kind::jpeg);
    d.param("connect", &LoadUplink::connect, "where to").required().connects();
    d.param("bind", &LoadUplink::bind, "where at").binds();
    d.param("note", &LoadUplink::note, "no address");
  }
  std::string connect, note;
  std::vector<std::string> bind;
};
SLUICE_STAGE(LoadUplink, "loadtest.uplink");

struct LoadChecked : LoopStage {
  static void declare(Declare<LoadChecked>& d) {
    d.summary("A source that checks its parameters itself");
    d.output(Kind::bgr8);
    d.param("left", &LoadChecked::left, "all but \"bad\"");
    d.param("right", &LoadChecked::right, "needed with left").range(0, 9);
    d.check([](const LoadChecked& s, ParamProblems& problems) {
      for (std::size_t i = 0; i < s.left.size(); ++i)
        if (s.left[i] == "bad") problems.push_back({"left", "left is bad", "write good", i});
      if (!s.left.empty() && s.right == 0)
        problems.push_back({"right", "left without right", "write right = 1"});
    });
  }
  void run(LoopContext&) override {}
  std::vector<std::string> left;
  int right = 0;
};
SLUICE_STAGE(LoadChecked, "loadtest.checked");

struct LoadLimited : Stage {
  static void declare(Declare<LoadLimited>& d) {
    d.summary("Has limits for its own policy");
    d.input(kinds::frames);
    d.mailbox({.when_full = WhenFull::latest,
               .capacity = 2,
               .max_bytes = 1000,
               .max_age = std::chrono::seconds(1)});
  }
};
SLUICE_STAGE(LoadLimited, "loadtest.limited");

struct LoadSink : Stage {
  static void declare(Declare<LoadSink>& d) {
    d.summary("The end of every frame");
    d.input(kinds::frames);
    d.mailbox({.when_full = WhenFull::block, .capacity = 8});
  }
};
SLUICE_STAGE(LoadSink, "loadtest.sink");

struct LoadRecord : Stage {
  static void declare(Declare<LoadRecord>& d) {
    d.summary("Frames and events by inputs of their own");
    d.input(Kind::jpeg, "pictures").input(Kind::gray8, "masks").input(Kind::event, "trigger");
  }
};
SLUICE_STAGE(LoadRecord, "loadtest.record");

struct LoadLog : Stage {
  static void declare(Declare<LoadLog>& d) {
    d.summary("Hears all");
    d.input(Kind::event, "events").hears_all();
  }
};
SLUICE_STAGE(LoadLog, "loadtest.log");

struct LoadDigest : Stage {
  static void declare(Declare<LoadDigest>& d) {
    d.summary("Hears all and makes frames of it");
    d.input(Kind::event, "events").output(Kind::jpeg).hears_all();
  }
};
SLUICE_STAGE(LoadDigest, "loadtest.digest");

}  // namespace
}  // namespace sluice
