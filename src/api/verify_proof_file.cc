#include "api/verify_proof_file.h"

#include <algorithm>

namespace provenn {

Bytes EncodeProofFile(const ProofFile& file) {
  ByteWriter w;
  WriteFileHeader(kProofMagic, kProofFormatVersion, &w);
  w.U8(static_cast<uint8_t>(file.profile));
  w.Raw(file.model_id);
  w.U32(file.batch);
  w.String(file.context);
  w.Varint(file.tensors.size());
  for (const ProofTensor& t : file.tensors) {
    w.U32(t.tensor);
    w.U8(t.hidden ? 1 : 0);
    if (t.hidden) continue;
    w.U64(t.values.size());
    for (int32_t v : t.values) w.U32(static_cast<uint32_t>(v));
  }
  WriteProofToEnd(file.proof, &w);
  return w.Take();
}

Result<ProofFile> DecodeProofFile(ByteSpan bytes) {
  ByteReader reader(bytes);
  RETURN_IF_ERROR(ReadFileHeader(kProofMagic, kProofFormatVersion, "proof file", &reader));
  ProofFile file;
  file.profile = ReadProfile(&reader);
  file.model_id = ReadDigest(&reader);
  file.batch = reader.U32();
  if (file.batch == 0 || file.batch > kMaxBatch) reader.Fail("batch size");
  file.context = reader.String(kMaxContextBytes);
  const uint64_t count = reader.Count(1u << 16, "public tensors");
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    ProofTensor t;
    t.tensor = reader.U32();
    if (i > 0 && t.tensor <= file.tensors.back().tensor) reader.Fail("tensors are not in ascending order");
    const uint8_t hidden = reader.U8();
    if (hidden > 1) reader.Fail("a flag is 0 or 1");
    t.hidden = hidden == 1;
    if (!t.hidden) {
      const uint64_t size = reader.U64();
      if (size > reader.remaining() / 4) reader.Fail("more public values than bytes");
      if (!reader.ok()) break;
      t.values.reserve(size);
      for (uint64_t v = 0; v < size; ++v) t.values.push_back(static_cast<int32_t>(reader.U32()));
    }
    file.tensors.push_back(std::move(t));
  }
  file.proof = ReadProofToEnd(&reader);
  RETURN_IF_ERROR(reader.status());
  RETURN_IF_ERROR(reader.Finish());
  return file;
}

}  // namespace provenn
