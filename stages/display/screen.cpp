#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <display/screen.hpp>
#include <exception>
#include <functional>
#include <mutex>
#include <opencv2/highgui.hpp>
#include <stdexcept>
#include <thread>
#include <utility>

namespace sluice::display {
namespace {

// The thread that owns highgui. Does one thing at a time, while who asked for it waits.
class GuiThread {
 public:
  // Never destroyed: at the process's end the thread sleeps, and the system takes it. Joining it
  // then could wait for a desktop that hangs.
  static GuiThread& instance() {
    static auto* const thread = new GuiThread;
    return *thread;
  }

  void run(const std::function<void()>& task) {
    std::unique_lock lock(mutex_);
    task_ = &task;
    changed_.notify_all();
    changed_.wait(lock, [&] { return task_ == nullptr; });
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  GuiThread() {
    std::thread([this] { loop(); }).detach();
  }

  [[noreturn]] void loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return task_ != nullptr; });
      const auto* task = task_;
      lock.unlock();
      std::exception_ptr error;
      try {
        (*task)();
      } catch (...) {  // thrown on by run()
        error = std::current_exception();
      }
      lock.lock();
      error_ = error;
      task_ = nullptr;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* task_ = nullptr;
  std::exception_ptr error_;
};

std::atomic<bool> in_use{false};

// A window's size for a picture's: neither a speck nor larger than a screen.
cv::Size comfortable(cv::Size picture) {
  const double scale = std::clamp(
      1.0, 160.0 / picture.width,
      std::max(160.0 / picture.width, std::min(1600.0 / picture.width, 900.0 / picture.height)));
  return {std::max(1, static_cast<int>(picture.width * scale)),
          std::max(1, static_cast<int>(picture.height * scale))};
}

}  // namespace

Screen::Screen() {
  if (in_use.exchange(true))
    throw std::runtime_error(
        "there is a display.window in this graph already; lead all links into that one");
}

Screen::~Screen() {
  try {
    GuiThread::instance().run([&] {
      for (const auto& [window, size] : windows_)
        if (cv::getWindowProperty(window, cv::WND_PROP_VISIBLE) > 0) cv::destroyWindow(window);
      if (!windows_.empty()) cv::waitKey(1);
    });
  } catch (const cv::Exception&) {
    // A window that can't be closed is gone already.
  }
  in_use = false;
}

void Screen::show(const std::string& window, const cv::Mat& picture) {
  GuiThread::instance().run([&] {
    const auto [known, opened] = windows_.try_emplace(window);
    if (opened)
      cv::namedWindow(window, cv::WINDOW_NORMAL | cv::WINDOW_KEEPRATIO | cv::WINDOW_GUI_NORMAL);
    if (known->second != picture.size()) {
      known->second = picture.size();
      cv::resizeWindow(window, comfortable(picture.size()));
    }
    cv::imshow(window, picture);
  });
}

void Screen::close(const std::string& window) {
  GuiThread::instance().run([&] {
    if (windows_.erase(window) > 0 && cv::getWindowProperty(window, cv::WND_PROP_VISIBLE) > 0)
      cv::destroyWindow(window);
  });
}

void Screen::set_title(const std::string& window, const std::string& title) {
  GuiThread::instance().run([&] {
    if (windows_.contains(window)) cv::setWindowTitle(window, title);
  });
}

Screen::Input Screen::poll() {
  Input input;
  if (windows_.empty()) return input;
  GuiThread::instance().run([&] {
    const int key = cv::waitKey(1);
    input.key = key < 0 ? -1 : key & 0xFF;  // without modifiers, which some backends add
    input.closed = std::any_of(windows_.begin(), windows_.end(), [](const auto& window) {
      return cv::getWindowProperty(window.first, cv::WND_PROP_VISIBLE) < 1;
    });
  });
  return input;
}

}  // namespace sluice::display
