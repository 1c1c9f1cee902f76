// What a proof computes from its secrets is overwritten before its memory is given back. The secrets of one proof are
// recorded through hooks; the same proof is made again without them, and every block that operator delete gets is
// searched for them. (The stack is not searched, nor memory that the hash library allocates for itself.)
#include <gtest/gtest.h>
#include <malloc.h>
#include <string.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <unordered_map>

#include "argument/test_session.h"
#include "argument/test_squares.h"
#include "base/sanitizer.h"

// ThreadSanitizer defines operator delete itself, and not weakly.
#if !PROVENN_THREAD_SANITIZER
namespace {

constexpr size_t kKinds = 8;
const std::unordered_map<uint64_t, size_t>* secrets = nullptr;  // word and kind
std::atomic<bool> watching = false;
std::array<std::atomic<size_t>, kKinds> found;
std::atomic<size_t> searched = 0;

void Release(void* memory, size_t size) {
  if (watching && memory != nullptr) {
    for (size_t i = 0; i + 8 <= size; i += 8) {
      uint64_t word = 0;
      std::memcpy(&word, static_cast<const char*>(memory) + i, 8);
      const auto it = secrets->find(word);
      if (it != secrets->end()) ++found[it->second];
    }
    searched += size;
  }
  // What tests themselves know of secrets must not turn up in a later block that is not written whole.
  if (memory != nullptr) explicit_bzero(memory, size);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void operator delete(void* memory) noexcept { Release(memory, malloc_usable_size(memory)); }
void operator delete[](void* memory) noexcept { Release(memory, malloc_usable_size(memory)); }
void operator delete(void* memory, size_t size) noexcept { Release(memory, size); }
void operator delete[](void* memory, size_t size) noexcept { Release(memory, size); }

namespace provenn {
namespace {

// Searches what is freed during its life for these words.
class Watch {
 public:
  explicit Watch(const std::unordered_map<uint64_t, size_t>& words) {
    secrets = &words;
    for (auto& count : found) count = 0;
    searched = 0;
    watching = true;
  }
  ~Watch() { watching = false; }
};

class Secrets {
 public:
  // Small numbers occur everywhere.
  void Add(const std::string& kind, Goldilocks element) {
    if (element.value() >> 40 == 0) return;
    const std::lock_guard lock(mutex_);
    const size_t number = kinds_.try_emplace(kind, kinds_.size()).first->second;
    ASSERT_LT(number, kKinds);
    words_.try_emplace(element.value(), number);
    ++counts_[kind];
  }
  void AddAll(const std::string& kind, std::span<const Goldilocks> elements) {
    for (const Goldilocks e : elements) Add(kind, e);
  }
  // What a proof says is no secret.
  void Remove(ByteSpan proof) {
    for (size_t i = 0; i + 8 <= proof.size(); i += 8) {
      uint64_t word = 0;
      std::memcpy(&word, proof.data() + i, 8);
      words_.erase(word);
    }
  }
  const std::unordered_map<uint64_t, size_t>& words() const { return words_; }
  const std::map<std::string, size_t>& kinds() const { return kinds_; }
  size_t count(const std::string& kind) const { return counts_.at(kind); }

 private:
  std::mutex mutex_;  // a hook of the weights link is called from several threads
  std::unordered_map<uint64_t, size_t> words_;
  std::map<std::string, size_t> kinds_;
  std::map<std::string, size_t> counts_;
};

template <typename K>
class WipingTest : public testing::Test {};
using Fields = testing::Types<Ext2, Ext3>;
TYPED_TEST_SUITE(WipingTest, Fields);

TYPED_TEST(WipingTest, AProofLeavesNothingInFreedMemory) {
  const Session<TypeParam> session(21);
  Secrets known;
  ProverHooks hooks;
  hooks.permutation = [&](size_t, size_t block, PoseidonState& state) {
    known.AddAll(block == 0 ? "salts of rows" : "states of the hash", state);
    PoseidonState after = state;
    PoseidonPermute(after);
    known.AddAll("states of the hash", after);
  };
  hooks.commit = [&](std::string_view label, std::span<Goldilocks> cells) {
    if (label == "terminal root") known.AddAll("pads and masks", cells);
    if (label == "folded weights root") known.AddAll("folded weights", cells);
    if (label == "hidden rows root") known.AddAll("trace of the hash", cells);
    // Of a level's vector the folds of the weights' oracles: a row of activations may hold a single 1, and its fold is
    // a weight of the verifier's. The masks are in a column of their own.
    const LevelPlan& level = session.plan->levels[0];
    for (size_t i = 0; label == "level root" && i < cells.size(); ++i) {
      const size_t column = i % level.shape.columns / TypeParam::kDegree;
      const size_t entry = i / level.shape.columns * level.columns + column;
      if (column < level.columns && entry >= session.plan->segment_first[1]) known.Add("folded vectors", cells[i]);
      if (column == level.columns) known.Add("pads and masks", cells[i]);
    }
  };
  const std::set<std::string, std::less<>> clear{"mask claim", "cross terms", "masked vector", "masked terminal",
                                                 "row digests"};
  hooks.send = [&](std::string_view label, std::span<Goldilocks> values) {
    if (clear.contains(label)) return;
    known.AddAll(label == "layer ends" ? "ends of layers" : "masked values", values);
  };
  ASSERT_EQ(session.plan->levels.size(), 1u);
  const auto recorded = session.Prove(&hooks);
  ASSERT_TRUE(recorded.ok());
  // The mask of an entry that is zero is what is revealed of it.
  known.Remove(*recorded);
  ASSERT_EQ(known.kinds().size(), kKinds);
  for (const auto& [kind, number] : known.kinds()) EXPECT_GT(known.count(kind), 10u) << kind;

  Bytes again;
  {
    const Watch watch(known.words());
    again = *session.Prove();
  }
  EXPECT_EQ(again, *recorded);
  EXPECT_GT(searched, size_t{1} << 20);
  for (const auto& [kind, number] : known.kinds()) EXPECT_EQ(found[number], 0u) << kind << " in freed memory";
}

TEST(WipingSearchTest, TheSearchFindsWhatIsNotWiped) {
  const std::unordered_map<uint64_t, size_t> words{{0x5ec2e75ec2e7, 0}, {0x7e57ab1e7e57, 3}};
  {
    const Watch watch(words);
    const std::vector<uint64_t> careless{1, 0x5ec2e75ec2e7, 0x5ec2e75ec2e7};
    const SecretVector<uint64_t> careful(5, 0x7e57ab1e7e57);
    const SecretBuffer<uint64_t> zeros(4);
  }
  EXPECT_EQ(found[0], 2u);
  EXPECT_EQ(found[3], 0u);
}

TEST(WipingRowSaltTest, RowSaltLeavesNeitherSeedNorSalt) {
  WeightsSeed seed;
  for (size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<uint8_t>(17 + 13 * i);
  std::unordered_map<uint64_t, size_t> words;
  for (size_t i = 0; i < 4; ++i) {
    uint64_t word = 0;
    std::memcpy(&word, seed.data() + 8 * i, 8);
    words.emplace(word, 0);
  }
  for (uint64_t row = 0; row < 50; ++row) {
    for (const Goldilocks element : RowSalt(seed, row)) words.emplace(element.value(), 1);
  }
  {
    const Watch watch(words);
    for (uint64_t row = 0; row < 50; ++row) static_cast<void>(RowSalt(seed, row));
  }
  EXPECT_EQ(found[0], 0u);
  EXPECT_EQ(found[1], 0u);
}

// Rows and counts by pairs, as they lie; keys and values as negative
// numbers, integers or elements.
TEST(WipingLookupsTest, RowsKeysValuesAndCountsAreOverwritten) {
  const NegatedSquares s(1, 5000);  // more tuples than rows: they are counted apart
  std::unordered_map<uint64_t, size_t> words;
  const auto add_pairs = [&](std::span<const uint32_t> numbers, size_t kind) {
    for (size_t i = 0; i + 1 < numbers.size(); i += 2) {
      if (numbers[i] != 0 && numbers[i + 1] != 0) words.emplace(numbers[i] | uint64_t{numbers[i + 1]} << 32, kind);
    }
  };
  add_pairs(s.rows, 0);
  add_pairs(s.counts, 1);
  for (size_t t = 0; t < 2; ++t) {
    for (const int32_t value : s.witness.assignment.tensors[t]) {
      if (value >= 0) continue;
      words.emplace(Goldilocks::FromSigned(value).value(), 2 + t);
      words.emplace(static_cast<uint64_t>(int64_t{value}), 2 + t);
    }
  }
  {
    const Watch watch(words);
    EXPECT_TRUE(EvaluateLookups(s.circuit, s.witness).ok());
  }
  EXPECT_GT(searched, 0u);
  const char* kinds[4] = {"rows", "counts", "keys", "values"};
  for (size_t kind = 0; kind < 4; ++kind) EXPECT_EQ(found[kind], 0u) << kinds[kind] << " in freed memory";
}

}  // namespace
}  // namespace provenn
#endif
