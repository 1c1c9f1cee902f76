#include "api/proving_key.h"

#include <algorithm>
#include <array>

#include "argument/plan.h"

namespace provenn {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kSectionCount = 7;
// magic, version, weights commitment, seed, section sizes, digest of everything before the arrays.
constexpr size_t kHeadBytes = 8 + 4 + 40 + 32 + 8 * kSectionCount;
static_assert(kHeadBytes + sizeof(Digest) == kProvingKeyHeaderBytes);

std::array<uint64_t*, kSectionCount> InOrder(ProvingKeySections& s) {
  return {&s.circuit, &s.ports, &s.program, &s.weights, &s.codeword, &s.digests, &s.nodes};
}

uint64_t Padding(uint64_t offset) { return (kAlignment - offset % kAlignment) % kAlignment; }

// Bytes of one weight: the narrowest of 1, 2 and 4 that its tensor's bounds fit.
size_t WeightWidth(const Tensor& tensor) {
  if (tensor.min >= INT8_MIN && tensor.max <= INT8_MAX) return 1;
  if (tensor.min >= INT16_MIN && tensor.max <= INT16_MAX) return 2;
  return 4;
}

uint64_t WeightBytes(const Circuit& circuit) {
  uint64_t bytes = 0;
  for (const Tensor& t : circuit.tensors) {
    if (t.kind == TensorKind::kWeight) bytes += ElementCount(t.shape) * WeightWidth(t);
  }
  return bytes;
}

SecretVector<uint8_t> EncodeWeights(const Circuit& circuit, const IntegerTensors& weights) {
  SecretVector<uint8_t> bytes;
  bytes.reserve(WeightBytes(circuit));
  for (size_t t = 0; t < circuit.tensors.size(); ++t) {
    if (circuit.tensors[t].kind != TensorKind::kWeight) continue;
    const size_t width = WeightWidth(circuit.tensors[t]);
    for (int32_t v : weights[t]) {
      for (size_t b = 0; b < width; ++b) bytes.push_back(static_cast<uint8_t>(static_cast<uint32_t>(v) >> (8 * b)));
    }
  }
  return bytes;
}

Result<IntegerTensors> DecodeWeights(const Circuit& circuit, ByteSpan bytes) {
  if (bytes.size() != WeightBytes(circuit)) {
    return Error{Code::kCorrupt, "the weights section does not fit the circuit", "proving key"};
  }
  IntegerTensors weights(circuit.tensors.size());
  size_t at = 0;
  for (size_t t = 0; t < circuit.tensors.size(); ++t) {
    const Tensor& tensor = circuit.tensors[t];
    if (tensor.kind != TensorKind::kWeight) continue;
    const size_t width = WeightWidth(tensor);
    const int unused = static_cast<int>(32 - 8 * width);
    const uint64_t n = ElementCount(tensor.shape);
    weights[t].resize(n);
    for (int32_t& v : weights[t]) {
      uint32_t raw = 0;
      for (size_t b = 0; b < width; ++b) raw |= static_cast<uint32_t>(bytes[at++]) << (8 * b);
      v = static_cast<int32_t>(raw << unused) >> unused;
      if (v < tensor.min || v > tensor.max) {
        return Error{Code::kCorrupt, "a weight outside its declared bounds", "tensor " + tensor.name};
      }
    }
  }
  return weights;
}

ProvingKeySections ArraySizes(const WeightsCommitment& weights) {
  ProvingKeySections s;
  if (weights.columns == 0) return s;
  const uint64_t size = uint64_t{1} << weights.log_size;
  s.codeword = size * weights.columns * sizeof(Goldilocks);
  s.digests = size * sizeof(PoseidonDigest);
  s.nodes = MerkleTree::NodeCount(weights.log_size) * sizeof(Digest);
  return s;
}

template <typename T>
std::span<const T> ArrayAt(ByteSpan bytes, uint64_t offset, uint64_t size) {
  return {reinterpret_cast<const T*>(bytes.data() + offset), size / sizeof(T)};
}

template <typename T>
ByteSpan ArrayBytes(std::span<const T> values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

Digest SmallPartDigest(ByteSpan head, std::initializer_list<ByteSpan> sections) {
  Sha256 hash("provenn.proving-key");
  hash.Update(head);
  for (ByteSpan s : sections) hash.Update(s);
  return hash.Finish();
}

Error Corrupt(const char* what) { return Error{Code::kCorrupt, what, "proving key"}; }

// The header and the small sections, in place. Sizes have been checked against what is there.
struct Head {
  WeightsCommitment weights;
  WeightsSeed seed{};
  ProvingKeySections sections;
  Digest digest{};
  ByteSpan circuit;
  ByteSpan ports;
  ByteSpan recipe;
  ByteSpan values;
  uint64_t end = 0;  // offset after the small sections
};

Result<Head> ReadHead(ByteSpan bytes) {
  ByteReader reader(bytes);
  RETURN_IF_ERROR(ReadFileHeader(kProvingKeyMagic, kKeyFormatVersion, "proving key", &reader));
  Head head;
  head.weights = ReadWeightsCommitment(reader);
  const ByteSpan seed = reader.Raw(head.seed.size());
  for (uint64_t* size : InOrder(head.sections)) *size = reader.U64();
  const ByteSpan digest = reader.Raw(head.digest.size());
  RETURN_IF_ERROR(reader.status());
  std::copy(seed.begin(), seed.end(), head.seed.begin());
  std::copy(digest.begin(), digest.end(), head.digest.begin());

  ProvingKeySections& s = head.sections;
  for (const uint64_t* size : InOrder(s)) {
    if (*size > bytes.size()) return Corrupt("a section is larger than the file");
  }
  const ProvingKeySections arrays = ArraySizes(head.weights);
  if (s.codeword != arrays.codeword || s.digests != arrays.digests || s.nodes != arrays.nodes) {
    return Corrupt("the arrays do not have the size that the commitment says");
  }
  head.circuit = reader.Raw(s.circuit);
  head.ports = reader.Raw(s.ports);
  head.recipe = reader.Raw(s.program);
  head.values = reader.Raw(s.weights);
  RETURN_IF_ERROR(reader.status());
  head.end = reader.position();
  return head;
}

}  // namespace

std::optional<Digest> ProvingKey::DigestOfSmallSections(ByteSpan bytes) {
  const auto head = ReadHead(bytes);
  if (!head.ok()) return std::nullopt;
  return SmallPartDigest(bytes.first(kHeadBytes), {head->circuit, head->ports, head->recipe, head->values});
}

Status WriteProvingKey(const std::string& path, const PublicModel& model, const IntegerTensors& weights,
                       const WeightsOracle& oracle, Existing existing, ProgressSink* progress) {
  const Bytes circuit = EncodeCircuit(model.circuit);
  const Bytes ports = EncodeModelPorts(model);
  const Bytes recipe = EncodeProgram(model.program);
  const SecretVector<uint8_t> values = EncodeWeights(model.circuit, weights);
  ProvingKeySections sections = ArraySizes(oracle.commitment);
  sections.circuit = circuit.size();
  sections.ports = ports.size();
  sections.program = recipe.size();
  sections.weights = values.size();

  ByteWriter head;
  WriteFileHeader(kProvingKeyMagic, kKeyFormatVersion, &head);
  WriteWeightsCommitment(oracle.commitment, &head);
  head.Raw(oracle.seed);
  for (const uint64_t* size : InOrder(sections)) head.U64(*size);
  PROVENN_CHECK(head.bytes().size() == kHeadBytes);
  head.Raw(SmallPartDigest(head.bytes(), {circuit, ports, recipe, ByteSpan(values)}));

  ASSIGN_OR_RETURN(AtomicFileWriter file, AtomicFileWriter::Create(path, FileAccess::kPrivate, existing));
  RETURN_IF_ERROR(file.Write(head.bytes()));
  for (ByteSpan section : {ByteSpan(circuit), ByteSpan(ports), ByteSpan(recipe), ByteSpan(values)}) {
    RETURN_IF_ERROR(file.Write(section));
  }
  const std::array<uint8_t, kAlignment> zeros{};
  const uint64_t total = sections.codeword + sections.digests + sections.nodes;
  uint64_t written = 0;
  for (ByteSpan array : {ArrayBytes(oracle.codeword), ArrayBytes(oracle.digests), ArrayBytes(oracle.nodes)}) {
    if (array.empty()) continue;
    RETURN_IF_ERROR(file.Write(ByteSpan(zeros).first(Padding(file.size()))));
    constexpr size_t kChunk = size_t{1} << 24;
    for (size_t at = 0; at < array.size(); at += kChunk) {
      const ByteSpan chunk = array.subspan(at, std::min(kChunk, array.size() - at));
      RETURN_IF_ERROR(file.Write(chunk));
      written += chunk.size();
      if (progress != nullptr) progress->Report(static_cast<double>(written) / static_cast<double>(total), "writing");
    }
  }
  return file.Commit();
}

Result<ProvingKey> ProvingKey::FromBytes(ByteSpan bytes) {
  ASSIGN_OR_RETURN(const Head head, ReadHead(bytes));
  const Digest actual = SmallPartDigest(bytes.first(kHeadBytes), {head.circuit, head.ports, head.recipe, head.values});
  if (actual != head.digest) return Corrupt("damaged: its digest does not match");

  ProvingKey key;
  key.sections_ = head.sections;
  key.oracle_.seed = head.seed;
  key.oracle_.commitment = head.weights;
  ASSIGN_OR_RETURN(key.model_, DecodePublicModel(head.circuit, head.ports, head.recipe, head.weights));
  ASSIGN_OR_RETURN(key.weights_, DecodeWeights(key.model_.circuit, head.values));

  uint64_t offsets[3] = {0, 0, 0};
  const ProvingKeySections& s = head.sections;
  const uint64_t sizes[3] = {s.codeword, s.digests, s.nodes};
  uint64_t at = head.end;
  for (int i = 0; i < 3; ++i) {
    if (sizes[i] == 0) continue;
    const uint64_t padding = Padding(at);
    if (at + padding + sizes[i] > bytes.size()) return Corrupt("truncated");
    for (uint8_t b : bytes.subspan(at, padding)) {
      if (b != 0) return Corrupt("padding that is not zero");
    }
    offsets[i] = at + padding;
    at = offsets[i] + sizes[i];
  }
  if (at != bytes.size()) return Corrupt("bytes after the end");
  key.oracle_.codeword = ArrayAt<Goldilocks>(bytes, offsets[0], s.codeword);
  key.oracle_.digests = ArrayAt<PoseidonDigest>(bytes, offsets[1], s.digests);
  key.oracle_.nodes = ArrayAt<Digest>(bytes, offsets[2], s.nodes);
  if (s.nodes != 0 && key.oracle_.nodes.back() != head.weights.root)
    return Corrupt("the tree's root is not the commitment");
  return key;
}

Result<ProvingKey> ProvingKey::Open(const std::string& path) {
  ASSIGN_OR_RETURN(MappedFile mapped, MappedFile::Open(path));
  auto file = std::make_shared<MappedFile>(std::move(mapped));
  auto key = FromBytes(file->bytes());
  if (!key.ok()) return Error{key.error().code, key.error().message, path};
  key->file_ = std::move(file);
  return key;
}

}  // namespace provenn
