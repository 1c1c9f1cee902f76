// Where long work reports how far it is. The command line draws a bar; a library caller passes what it likes.
#pragma once

#include <string_view>

namespace provenn {

class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  // `fraction` in [0, 1] of the whole task; `stage` a short lower-case phrase ("lookups").
  virtual void Report(double fraction, std::string_view stage) = 0;
};

}  // namespace provenn
