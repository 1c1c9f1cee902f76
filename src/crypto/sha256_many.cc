#include "crypto/sha256_many.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "crypto/sha256_constants.h"
#include "crypto/sha256_shani.h"
#include "field/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "crypto/sha256_many.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace provenn {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using sha256_internal::kMaxLanes;
using sha256_internal::LaneBlocks;

using Words = hn::CappedTag<uint32_t, kMaxLanes>;
using Vector = hn::Vec<Words>;

size_t LaneCount() { return hn::Lanes(Words()); }

// One block for each lane: word i of all messages is one vector.
void CompressLanes(LaneBlocks& blocks) {
  const Words words;
  const size_t lanes = hn::Lanes(words);
  alignas(64) uint32_t column[kMaxLanes];
  Vector w[16];
  for (size_t i = 0; i < 16; ++i) {
    for (size_t n = 0; n < lanes; ++n) {
      uint32_t v;
      std::memcpy(&v, blocks.data[n] + 4 * i, 4);
      column[n] = __builtin_bswap32(v);
    }
    w[i] = hn::Load(words, column);
  }
  Vector before[8];
  for (size_t i = 0; i < 8; ++i) {
    for (size_t n = 0; n < lanes; ++n) column[n] = blocks.state[n][i];
    before[i] = hn::Load(words, column);
  }
  Vector a = before[0], b = before[1], c = before[2], d = before[3];
  Vector e = before[4], f = before[5], g = before[6], h = before[7];
  for (size_t i = 0; i < 64; ++i) {
    if (i >= 16) {
      const Vector w15 = w[(i + 1) & 15];
      const Vector w2 = w[(i + 14) & 15];
      const Vector s0 = hn::Xor3(hn::RotateRight<7>(w15), hn::RotateRight<18>(w15), hn::ShiftRight<3>(w15));
      const Vector s1 = hn::Xor3(hn::RotateRight<17>(w2), hn::RotateRight<19>(w2), hn::ShiftRight<10>(w2));
      w[i & 15] = hn::Add(hn::Add(w[i & 15], s0), hn::Add(w[(i + 9) & 15], s1));
    }
    const Vector s1 = hn::Xor3(hn::RotateRight<6>(e), hn::RotateRight<11>(e), hn::RotateRight<25>(e));
    const Vector choice = hn::Xor(g, hn::And(e, hn::Xor(f, g)));
    const Vector t1 = hn::Add(hn::Add(hn::Add(h, s1), hn::Add(choice, hn::Set(words, kSha256Rounds[i]))), w[i & 15]);
    const Vector s0 = hn::Xor3(hn::RotateRight<2>(a), hn::RotateRight<13>(a), hn::RotateRight<22>(a));
    const Vector majority = hn::Or(hn::And(a, b), hn::And(c, hn::Or(a, b)));
    h = g;
    g = f;
    f = e;
    e = hn::Add(d, t1);
    d = c;
    c = b;
    b = a;
    a = hn::Add(t1, hn::Add(s0, majority));
  }
  const Vector after[8] = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; ++i) {
    hn::Store(hn::Add(before[i], after[i]), words, column);
    for (size_t n = 0; n < lanes; ++n) blocks.state[n][i] = column[n];
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace provenn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace provenn {
namespace {

using sha256_internal::Kernel;
using sha256_internal::LaneBlocks;

HWY_EXPORT(CompressLanes);
HWY_EXPORT(LaneCount);

constexpr size_t kBlock = 64;
constexpr size_t kMaxTag = 55;
// Fewer lanes than this lose against one message at a time.
constexpr size_t kFewestLanes = 8;

size_t Lanes() { return HWY_DYNAMIC_DISPATCH(LaneCount)(); }

bool CanUse(Kernel kernel) {
  return kernel == Kernel::kSingle || (kernel == Kernel::kShaNi ? sha256_internal::HasShaNi() : Lanes() > 1);
}

const Kernel* forced = nullptr;

Kernel BestKernel() {
  if (forced != nullptr) return *forced;
  if (sha256_internal::HasShaNi()) return Kernel::kShaNi;
  return Lanes() >= kFewestLanes ? Kernel::kLanes : Kernel::kSingle;
}

// Prefix, parts and padding of all messages: hands out block after block of several messages.
class Messages {
 public:
  Messages(std::string_view tag, std::initializer_list<MessagePart> parts) {
    PROVENN_CHECK(tag.size() <= kMaxTag && parts.size() <= kMaxMessageParts);
    prefix_[0] = static_cast<uint8_t>(tag.size());
    std::copy(tag.begin(), tag.end(), prefix_.begin() + 1);
    parts_[count_++] = {prefix_.data(), tag.size() + 1, 0};
    size_t total = tag.size() + 1;
    for (const MessagePart& part : parts) {
      if (part.bytes != 0) parts_[count_++] = part;
      total += part.bytes;
    }
    blocks_ = (total + 1 + 8 + kBlock - 1) / kBlock;
    const size_t padding = blocks_ * kBlock - total;
    padding_[0] = 0x80;
    for (size_t i = 0; i < 8; ++i) padding_[padding - 1 - i] = static_cast<uint8_t>(uint64_t{total} * 8 >> (8 * i));
    parts_[count_++] = {padding_.data(), padding, 0};
  }
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;

  size_t blocks() const { return blocks_; }

  void Rewind() {
    part_ = 0;
    done_ = 0;
  }
  // The next block of messages first .. first + lanes - 1.
  void Next(size_t first, size_t lanes, LaneBlocks& out) {
    for (size_t filled = 0; filled < kBlock;) {
      const MessagePart& part = parts_[part_];
      const size_t n = std::min(kBlock - filled, part.bytes - done_);
      const uint8_t* from = part.first + first * part.stride + done_;
      for (size_t lane = 0; lane < lanes; ++lane) std::memcpy(out.data[lane] + filled, from + lane * part.stride, n);
      filled += n;
      done_ += n;
      if (done_ == part.bytes) {
        ++part_;
        done_ = 0;
      }
    }
  }

 private:
  std::array<uint8_t, kMaxTag + 1> prefix_{};
  std::array<uint8_t, kBlock + 8> padding_{};
  std::array<MessagePart, kMaxMessageParts + 2> parts_{};
  size_t count_ = 0;
  size_t blocks_ = 0;
  size_t part_ = 0;  // where the next block begins
  size_t done_ = 0;
};

void One(std::string_view tag, std::initializer_list<MessagePart> parts, size_t i, Digest& digest) {
  Sha256 hash(tag);
  for (const MessagePart& part : parts) hash.Update({part.first + i * part.stride, part.bytes});
  digest = hash.Finish();
  OPENSSL_cleanse(&hash, sizeof(hash));
}

}  // namespace

namespace sha256_internal {

bool ForceKernel(const Kernel* kernel) {
  if (kernel != nullptr && !CanUse(*kernel)) return false;
  forced = kernel;
  return true;
}

}  // namespace sha256_internal

const char* Sha256ManyKernel() {
  switch (BestKernel()) {
    case Kernel::kShaNi:
      return "sha-ni";
    case Kernel::kLanes:
      return "lanes";
    case Kernel::kSingle:
      break;
  }
  return "single";
}

void Sha256Many(std::string_view tag, std::initializer_list<MessagePart> parts, std::span<Digest> digests) {
  const Kernel kernel = BestKernel();
  const size_t lanes = kernel == Kernel::kShaNi ? sha256_internal::kShaNiLanes : kernel == Kernel::kLanes ? Lanes() : 1;
  size_t done = 0;
  if (lanes > 1 && digests.size() > 1) {
    Messages messages(tag, parts);
    LaneBlocks blocks;
    std::memset(&blocks, 0, sizeof(blocks));
    while (done < digests.size()) {
      // The last group may be short: its other lanes go on with what is there.
      const size_t real = std::min(lanes, digests.size() - done);
      for (size_t n = 0; n < lanes; ++n) std::copy_n(kSha256InitialChain.begin(), 8, blocks.state[n]);
      messages.Rewind();
      for (size_t b = 0; b < messages.blocks(); ++b) {
        messages.Next(done, real, blocks);
        if (kernel == Kernel::kShaNi) {
          sha256_internal::CompressShaNi(blocks);
        } else {
          HWY_DYNAMIC_DISPATCH(CompressLanes)(blocks);
        }
      }
      for (size_t n = 0; n < real; ++n) {
        for (size_t i = 0; i < 8; ++i) {
          const uint32_t v = __builtin_bswap32(blocks.state[n][i]);
          std::memcpy(digests[done + n].data() + 4 * i, &v, 4);
        }
      }
      done += real;
    }
    OPENSSL_cleanse(&blocks, sizeof(blocks));
  }
  for (; done < digests.size(); ++done) One(tag, parts, done, digests[done]);
}

}  // namespace provenn
#endif  // HWY_ONCE
