#include <benchmark/benchmark.h>

#include "crypto/csprng.h"
#include "crypto/grinding.h"
#include "crypto/merkle_prover.h"
#include "crypto/poseidon_prover.h"

namespace provenn {
namespace {

std::vector<Goldilocks> RandomElements(size_t count) {
  Csprng random = Csprng::FromSeed({}, "bench");
  std::vector<Goldilocks> elements(count);
  random.Fill(std::span<Goldilocks>(elements));
  return elements;
}

// Bytes per second of one thread; the argument is the width of the row in symbols.
void BM_HashLeaf(benchmark::State& state) {
  const std::vector<Goldilocks> row = RandomElements(static_cast<size_t>(state.range(0)));
  const LeafSalt salt = {};
  for (auto _ : state) benchmark::DoNotOptimize(HashLeaf(salt, row));
  state.SetBytesProcessed(state.iterations() * state.range(0) * 8);
}
BENCHMARK(BM_HashLeaf)->Arg(4)->Arg(32)->Arg(256)->Arg(4096);

// The same for many rows at once.
void BM_HashRows(benchmark::State& state) {
  constexpr size_t kRows = 64;
  const std::vector<Goldilocks> rows = RandomElements(kRows * static_cast<size_t>(state.range(0)));
  const std::vector<LeafSalt> salts(kRows);
  std::vector<Digest> digests(kRows);
  for (auto _ : state) HashRows(salts, rows, digests);
  benchmark::DoNotOptimize(digests);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(rows.size()) * 8);
}
BENCHMARK(BM_HashRows)->Arg(4)->Arg(32)->Arg(256)->Arg(4096);

void BM_HashMerkleNode(benchmark::State& state) {
  Digest left = {}, right = {};
  for (auto _ : state) left = HashMerkleNode(left, right);
  benchmark::DoNotOptimize(left);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_HashMerkleNode);

// Nodes per second on all cores.
void BM_MerkleTree(benchmark::State& state) {
  const std::vector<Digest> leaves(size_t{1} << state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(MerkleTree(leaves).root());
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(leaves.size()));
}
BENCHMARK(BM_MerkleTree)->Arg(10)->Arg(17)->UseRealTime();

void BM_CsprngBytes(benchmark::State& state) {
  Csprng random = Csprng::FromSystem();
  Bytes bytes(1 << 20);
  for (auto _ : state) random.Fill(std::span<uint8_t>(bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}
BENCHMARK(BM_CsprngBytes);

void BM_CsprngField(benchmark::State& state) {
  Csprng random = Csprng::FromSystem();
  std::vector<Goldilocks> elements(1 << 17);
  for (auto _ : state) random.Fill(std::span<Goldilocks>(elements));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(elements.size()) * 8);
}
BENCHMARK(BM_CsprngField);

void BM_CsprngOneExtension(benchmark::State& state) {
  Csprng random = Csprng::FromSystem();
  for (auto _ : state) benchmark::DoNotOptimize(random.NextExtension<Ext2>());
}
BENCHMARK(BM_CsprngOneExtension);

void BM_PoseidonPermute(benchmark::State& state) {
  PoseidonState x = {};
  for (auto _ : state) PoseidonPermute(x);
  benchmark::DoNotOptimize(x);
}
BENCHMARK(BM_PoseidonPermute);

void BM_PoseidonTrace(benchmark::State& state) {
  PoseidonState x = {};
  std::array<Goldilocks, kPoseidonSboxes> in, out;
  for (auto _ : state) PoseidonTrace(x, in, out);
  benchmark::DoNotOptimize(x);
}
BENCHMARK(BM_PoseidonTrace);

// Permutations per second on one core.
void BM_PoseidonTraces(benchmark::State& state) {
  std::vector<PoseidonState> states(64);
  std::vector<Goldilocks> in(states.size() * kPoseidonSboxes), cube(in.size()), out(in.size());
  for (auto _ : state) PoseidonTraces(states, in, cube, out);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(states.size()));
}
BENCHMARK(BM_PoseidonTraces);

// Permutations per second on all cores, rows of 64 symbols.
void BM_PoseidonRowDigests(benchmark::State& state) {
  constexpr size_t kRows = 1024;
  constexpr size_t kWidth = 64;
  const std::vector<Goldilocks> salts = RandomElements(4 * kRows);
  const std::vector<Goldilocks> matrix = RandomElements(kRows * kWidth);
  for (auto _ : state) benchmark::DoNotOptimize(PoseidonRowDigests(salts, matrix));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kRows * (kWidth / kPoseidonRate + 1)));
}
BENCHMARK(BM_PoseidonRowDigests)->UseRealTime();

void BM_TranscriptAbsorbAndChallenge(benchmark::State& state) {
  Transcript transcript("bench");
  Ext3 value;
  for (auto _ : state) {
    transcript.AbsorbField("message", value);
    value = transcript.Challenge<Ext3>("challenge");
  }
  benchmark::DoNotOptimize(value);
}
BENCHMARK(BM_TranscriptAbsorbAndChallenge);

void BM_Grind16(benchmark::State& state) {
  Transcript transcript("bench");
  for (auto _ : state) benchmark::DoNotOptimize(Grind(transcript, 16));
}
BENCHMARK(BM_Grind16)->UseRealTime();

}  // namespace
}  // namespace provenn
