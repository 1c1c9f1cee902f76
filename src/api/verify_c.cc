#include "api/verify_c.h"

#include <algorithm>
#include <cstring>
#include <exception>

#include "api/verify_answer.h"

namespace provenn {
namespace {

void SetText(const std::string& text, char* to, size_t size) {
  const size_t n = std::min(text.size(), size - 1);
  std::memcpy(to, text.data(), n);
  to[n] = '\0';
}

void SetVerdict(const std::string& reason, const std::string& message, provenn_verdict* verdict) {
  SetText(reason, verdict->reason, sizeof verdict->reason);
  SetText(message, verdict->message, sizeof verdict->message);
}

int Verify(ByteSpan key, ByteSpan proof, const Expectations& expect, provenn_verdict* verdict) {
  const auto model = DecodeVerifyingKey(key);
  if (!model.ok() && model.error().code == Code::kRefusedKey) {
    SetVerdict(ReasonName(Reason::kKeyCheck), model.error().ToString(), verdict);
    return PROVENN_REJECTED;
  }
  if (!model.ok()) {
    SetVerdict("unreadable", model.error().ToString(), verdict);
    return PROVENN_UNREADABLE;
  }
  std::copy(model->model_id.begin(), model->model_id.end(), verdict->model_id);
  const auto file = DecodeProofFile(proof);
  if (!file.ok()) {
    SetVerdict("unreadable", file.error().ToString(), verdict);
    return PROVENN_UNREADABLE;
  }
  const auto report = VerifyAnswer(*model, *file, expect);
  if (!report.ok()) {
    SetVerdict("unreadable", report.error().ToString(), verdict);
    return PROVENN_UNREADABLE;
  }
  if (report->accepted) return PROVENN_ACCEPTED;
  SetVerdict(ReasonName(report->reason), report->where, verdict);
  return PROVENN_REJECTED;
}

}  // namespace
}  // namespace provenn

int provenn_verify(const uint8_t* key, size_t key_size, const uint8_t* proof, size_t proof_size, const char* context,
                   size_t context_size, const uint8_t* model_id, provenn_verdict* verdict) {
  provenn_verdict own;
  provenn_verdict* const out = verdict != nullptr ? verdict : &own;
  std::memset(out, 0, sizeof *out);
  // An exception must not cross into C; what can be thrown here is that memory has run out.
  try {
    provenn::Expectations expect;
    if (context != nullptr) expect.context = std::string(context, context_size);
    if (model_id != nullptr) {
      expect.model_id.emplace();
      std::memcpy(expect.model_id->data(), model_id, expect.model_id->size());
    }
    return provenn::Verify({key, key_size}, {proof, proof_size}, expect, out);
  } catch (const std::exception& e) {
    provenn::SetVerdict("unreadable", e.what(), out);
    return PROVENN_UNREADABLE;
  }
}
