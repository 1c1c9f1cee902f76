#include "base/status.h"

namespace provenn {

const char* CodeName(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return "invalid argument";
    case Code::kCorrupt:
      return "corrupt";
    case Code::kUnsupported:
      return "unsupported";
    case Code::kOutOfRange:
      return "out of range";
    case Code::kTooLarge:
      return "too large";
    case Code::kIo:
      return "i/o error";
    case Code::kRejected:
      return "rejected";
    case Code::kRefusedKey:
      return "refused key";
  }
  return "unknown";
}

std::string Error::ToString() const {
  std::string text = where.empty() ? std::string() : where + ": ";
  text += CodeName(code);
  text += ": ";
  text += message;
  return text;
}

}  // namespace provenn
