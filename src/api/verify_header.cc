#include "api/verify_header.h"

#include <algorithm>
#include <array>

namespace provenn {
namespace {

struct Kind {
  std::string_view begins;
  std::string_view words;
  bool ours;
  bool key;  // cannot be made again without the secrets of its owner
};

constexpr std::array kKinds = {
    Kind{kProvingKeyMagic, "a secret key (model.pk)", true, true},
    Kind{kVerifyingKeyMagic, "a public key (model.vk)", true, true},
    Kind{kProofMagic, "a proof file", true, false},
    Kind{kCertificateMagic, "a certificate (model.cert)", true, false},
    Kind{kSeedMagic, "a seed file", true, true},
    Kind{"\x93NUMPY", "a NumPy tensor (.npy)", false, false},
    Kind{"{", "JSON text, like a card", false, false},
    Kind{"-----BEGIN ", "a key in PEM", false, true},
    Kind{"\x08", "protobuf, like an ONNX model", false, false},
};

const Kind* Find(ByteSpan head) {
  for (const Kind& kind : kKinds) {
    const ByteSpan begins = AsBytes(kind.begins);
    if (head.size() >= begins.size() && std::equal(begins.begin(), begins.end(), head.begin())) return &kind;
  }
  return nullptr;
}

Error WrongKind(const Kind& kind, const std::string& wanted) {
  return Error{Code::kCorrupt, "is " + std::string(kind.words) + "; this argument wants " + wanted, ""};
}

}  // namespace

std::string KindOfFile(ByteSpan head) {
  const Kind* kind = Find(head);
  return kind == nullptr ? std::string() : std::string(kind->words);
}

bool IsKeyFile(ByteSpan head) {
  const Kind* kind = Find(head);
  return kind != nullptr && kind->key;
}

Status RefuseOurFile(ByteSpan head, const std::string& wanted) {
  const Kind* kind = Find(head);
  if (kind != nullptr && kind->ours) return WrongKind(*kind, wanted);
  return Ok();
}

Status RefuseKnownFile(ByteSpan bytes, const std::string& wanted) {
  const Kind* kind = Find(bytes);
  if (kind == nullptr) return Ok();
  // One byte may be chance; that the next ones are text is none.
  const auto start = bytes.first(std::min<size_t>(bytes.size(), 16));
  const bool text =
      std::all_of(start.begin(), start.end(), [](uint8_t b) { return (b >= ' ' && b < 127) || b == '\n'; });
  if (kind->begins.size() > 1 || (kind->begins == "{" && text)) return WrongKind(*kind, wanted);
  return Ok();
}

void WriteFileHeader(std::string_view magic, uint32_t version, ByteWriter* writer) {
  for (char c : magic) writer->U8(static_cast<uint8_t>(c));
  writer->U32(version);
}

Status ReadFileHeader(std::string_view magic, uint32_t version, const std::string& what, ByteReader* reader) {
  const ByteSpan have = reader->Raw(magic.size());
  const ByteSpan want = AsBytes(magic);
  if (!reader->ok() || !std::equal(have.begin(), have.end(), want.begin())) {
    if (const Kind* kind = Find(have); kind != nullptr) return WrongKind(*kind, KindOfFile(want));
    return Error{Code::kCorrupt, "is not " + KindOfFile(want) + ", nor any other file of provenn", what};
  }
  const uint32_t have_version = reader->U32();
  RETURN_IF_ERROR(reader->status());
  if (have_version != version) {
    return Error{Code::kUnsupported,
                 "format version " + std::to_string(have_version) + " is not supported; this program reads version " +
                     std::to_string(version),
                 what};
  }
  return Ok();
}

Profile ReadProfile(ByteReader* reader) {
  const uint8_t profile = reader->U8();
  if (profile != static_cast<uint8_t>(Profile::kP100) && profile != static_cast<uint8_t>(Profile::kP128)) {
    reader->Fail("unknown profile");
  }
  return static_cast<Profile>(profile);
}

Digest ReadDigest(ByteReader* reader) {
  Digest digest{};
  const ByteSpan bytes = reader->Raw(digest.size());
  if (reader->ok()) std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

Bytes ReadProofToEnd(ByteReader* reader) {
  const uint64_t size = reader->U64();
  if (reader->ok() && size != reader->remaining()) reader->Fail("the proof's length does not match the file's");
  if (!reader->ok()) return {};
  const ByteSpan proof = reader->Raw(size);
  return Bytes(proof.begin(), proof.end());
}

void WriteProofToEnd(ByteSpan proof, ByteWriter* writer) {
  writer->U64(proof.size());
  writer->Raw(proof);
}

}  // namespace provenn
