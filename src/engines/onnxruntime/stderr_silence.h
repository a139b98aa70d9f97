#pragma once

namespace layerwatt {

/// Sends the process's standard error to nowhere while it lives. For libraries that write to it
/// directly: Debian 13's ONNX Runtime prints over a thousand harmless lines (operators registered
/// twice, by libonnx and by itself) when its environment is created, past any logger. What other
/// threads write meanwhile is lost too, so keep it short. If it cannot redirect, nothing happens.
class StderrSilence {
 public:
  StderrSilence();
  ~StderrSilence();
  StderrSilence(const StderrSilence&) = delete;
  StderrSilence& operator=(const StderrSilence&) = delete;

 private:
  int saved_ = -1;
};

}  // namespace layerwatt
