#include "api/verify_c.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "api/verify_coverage.h"
#include "base/printable.h"

using provenn::CoverageItem;
using provenn::CoverageKind;
using provenn::Expectations;
using provenn::ModelPort;
using provenn::NamedTensor;
using provenn::ProofFile;
using provenn::PublicModel;
using provenn::Reason;
using provenn::ShownTensor;
using provenn::VerifyReport;

struct provenn_verification {
  std::optional<PublicModel> model;  // with `file`: provenn_open returned PROVENN_OK
  std::optional<ProofFile> file;
  Expectations demands;
  std::set<std::string> refused;       // demands that were not taken, and not made well since
  std::optional<VerifyReport> report;  // provenn_check has returned PROVENN_OK or PROVENN_REJECTED
  std::vector<CoverageItem> coverage;
  std::string checked;
  std::string not_checked;
  std::string code;
  std::string sentence;
  std::string where;
};

namespace {

using Handle = provenn_verification;

static_assert(int(CoverageKind::kProof) == PROVENN_CHECKED_PROOF);
static_assert(int(CoverageKind::kKey) == PROVENN_CHECKED_KEY);
static_assert(int(CoverageKind::kCertificate) == PROVENN_CHECKED_CERTIFICATE);
static_assert(int(CoverageKind::kModelId) == PROVENN_CHECKED_MODEL_ID);
static_assert(int(CoverageKind::kInput) == PROVENN_CHECKED_INPUT);
static_assert(int(CoverageKind::kOutput) == PROVENN_CHECKED_OUTPUT);
static_assert(int(CoverageKind::kContext) == PROVENN_CHECKED_CONTEXT);
static_assert(int(CoverageKind::kProfile) == PROVENN_CHECKED_PROFILE);
static_assert(int(CoverageKind::kTotality) == PROVENN_CHECKED_TOTALITY);

// An exception must not cross into C; what can be thrown here is that memory has run out.
template <typename Body>
provenn_status Guarded(Body body) noexcept {
  try {
    return body();
  } catch (...) {
    return PROVENN_NO_MEMORY;
  }
}

provenn_status Say(Handle* v, provenn_status status, std::string code, std::string sentence, const std::string& where) {
  v->code = std::move(code);
  v->sentence = std::move(sentence);
  v->where = provenn::Printable(where);
  return status;
}

provenn_status SayReason(Handle* v, Reason reason, const std::string& where) {
  return Say(v, PROVENN_REJECTED, ReasonName(reason), ReasonSentence(reason), where);
}

provenn_status SayUnreadable(Handle* v, const char* what, const provenn::Error& error) {
  return Say(v, PROVENN_UNREADABLE, "unreadable", std::string("The ") + what + " cannot be read.", error.ToString());
}

provenn_status SayArgument(Handle* v, const std::string& where) {
  return Say(v, PROVENN_BAD_ARGUMENT, "argument", "The call was refused.", where);
}

bool IsOpen(const Handle& v) { return v.model.has_value() && v.file.has_value(); }
bool IsAccepted(const Handle& v) { return v.report.has_value() && v.report->accepted; }

// Runs `body` for a call that may be made before the check.
template <typename Body>
provenn_status BeforeCheck(Handle* v, Body body) {
  if (v == nullptr) return PROVENN_BAD_ARGUMENT;
  if (!IsOpen(*v) || v->report.has_value()) return PROVENN_BAD_ORDER;
  return Guarded(body);
}

// The same for a demand. One that is refused holds up the check until it is made well: whoever does not look at the
// status must not take an answer for checked that was not.
template <typename Body>
provenn_status Demand(Handle* v, const std::string& what, Body body) {
  return BeforeCheck(v, [&] {
    v->refused.insert(what);
    const provenn_status status = body();
    if (status == PROVENN_OK) {
      v->refused.erase(what);
      Say(v, PROVENN_OK, "", "", "");
    }
    return status;
  });
}

provenn_status DemandTensor(Handle* v, std::vector<NamedTensor> Expectations::* list, int side, const char* name,
                            const float* values, size_t count, const int64_t* shape, size_t rank) {
  return Guarded([&] {
    const std::string what = side == PROVENN_INPUT ? "input" : "output";
    return Demand(v, what + " " + provenn::Quoted(name == nullptr ? "" : name), [&]() -> provenn_status {
      if (name == nullptr || *name == '\0') return SayArgument(v, "an " + what + " that is demanded needs its name");
      if (values == nullptr || count == 0 || shape == nullptr || rank == 0) {
        return SayArgument(v, what + " " + provenn::Quoted(name) + ": no values, or no shape");
      }
      size_t elements = 1;
      for (size_t i = 0; i < rank; ++i) {
        const bool fits = shape[i] > 0 && static_cast<uint64_t>(shape[i]) <= count / elements;
        elements = fits ? elements * static_cast<size_t>(shape[i]) : 0;
        if (!fits) break;
      }
      if (elements != count) {
        return SayArgument(v, what + " " + provenn::Quoted(name) + ": the shape does not have as many values");
      }
      const auto& own = side == PROVENN_INPUT ? v->model->inputs : v->model->outputs;
      for (const ModelPort& port : own) {
        if (port.name != name) continue;
        const auto samples = provenn::CountSamples({shape, shape + rank}, port.shape, what + " " + port.name);
        if (!samples.ok()) return SayArgument(v, samples.error().ToString());
      }
      std::vector<NamedTensor> with = v->demands.*list;
      with.push_back({name, {{shape, shape + rank}, {values, values + count}}});
      const auto matched = provenn::MatchTensors(with, provenn::PortNames(own), what);
      if (!matched.ok()) return SayArgument(v, matched.error().ToString());
      v->demands.*list = std::move(with);
      return PROVENN_OK;
    });
  });
}

// The port of a question about the key; null where there is none.
const ModelPort* PortAt(const Handle* v, int side, size_t index) {
  if (side != PROVENN_INPUT && side != PROVENN_OUTPUT) return nullptr;
  const auto& ports = side == PROVENN_INPUT ? v->model->inputs : v->model->outputs;
  return index < ports.size() ? &ports[index] : nullptr;
}

// Answers a question about a port of an open handle.
template <typename Body>
provenn_status AskPort(const Handle* v, int side, size_t index, bool results, Body body) {
  if (v == nullptr || !results) return PROVENN_BAD_ARGUMENT;
  if (!IsOpen(*v)) return PROVENN_BAD_ORDER;
  const ModelPort* port = PortAt(v, side, index);
  return port == nullptr ? PROVENN_BAD_ARGUMENT : body(*port);
}

// Answers a question about what was proved.
template <typename Body>
provenn_status AskProved(const Handle* v, bool results, Body body) {
  if (v == nullptr || !results) return PROVENN_BAD_ARGUMENT;
  return IsAccepted(*v) ? body(*v->report) : PROVENN_BAD_ORDER;
}

// The same of one tensor; `open`: also of one that is hidden.
template <typename Body>
provenn_status AskTensor(const Handle* v, int side, size_t index, bool results, bool open, Body body) {
  return AskProved(v, results, [&](const VerifyReport& report) -> provenn_status {
    if (PortAt(v, side, index) == nullptr) return PROVENN_BAD_ARGUMENT;
    const ShownTensor& tensor = side == PROVENN_INPUT ? report.inputs[index] : report.outputs[index];
    return tensor.hidden && !open ? PROVENN_HIDDEN : body(tensor);
  });
}

}  // namespace

int provenn_c_abi(void) { return PROVENN_C_ABI; }

provenn_status provenn_open(const uint8_t* key, size_t key_size, const uint8_t* proof, size_t proof_size,
                            provenn_verification** out) {
  if (out == nullptr) return PROVENN_BAD_ARGUMENT;
  *out = nullptr;
  if (key == nullptr || key_size == 0 || proof == nullptr || proof_size == 0) return PROVENN_BAD_ARGUMENT;
  auto* v = new (std::nothrow) Handle;
  if (v == nullptr) return PROVENN_NO_MEMORY;
  const provenn_status status = Guarded([&]() -> provenn_status {
    auto model = provenn::DecodeVerifyingKey({key, key_size});
    if (!model.ok() && model.error().code == provenn::Code::kRefusedKey) {
      return SayReason(v, Reason::kKeyCheck, model.error().ToString());
    }
    if (!model.ok()) return SayUnreadable(v, "key", model.error());
    auto file = provenn::DecodeProofFile({proof, proof_size});
    if (!file.ok()) return SayUnreadable(v, "proof file", file.error());
    v->model = std::move(*model);
    v->file = std::move(*file);
    return PROVENN_OK;
  });
  if (status == PROVENN_NO_MEMORY) {
    delete v;
  } else {
    *out = v;
  }
  return status;
}

void provenn_close(provenn_verification* v) { delete v; }

provenn_status provenn_demand_model_id(provenn_verification* v, const uint8_t* id, size_t size) {
  return Demand(v, "model id", [&]() -> provenn_status {
    provenn::Digest demanded{};
    if (id == nullptr || size != demanded.size()) return SayArgument(v, "a model id has 32 bytes");
    if (v->demands.model_id.has_value()) return SayArgument(v, "the model id is demanded twice");
    std::copy(id, id + size, demanded.begin());
    v->demands.model_id = demanded;
    return PROVENN_OK;
  });
}

provenn_status provenn_demand_context(provenn_verification* v, const char* context, size_t size) {
  return Demand(v, "context", [&]() -> provenn_status {
    if (context == nullptr || size == 0) return SayArgument(v, "the context that is demanded is empty");
    if (v->demands.context.has_value()) return SayArgument(v, "the context is demanded twice");
    v->demands.context = std::string(context, size);
    return PROVENN_OK;
  });
}

provenn_status provenn_demand_profile(provenn_verification* v, int bits) {
  return Demand(v, "profile", [&]() -> provenn_status {
    if (bits != 100 && bits != 128) return SayArgument(v, "a profile has 100 or 128 bits");
    if (v->demands.profile.has_value()) return SayArgument(v, "the profile is demanded twice");
    v->demands.profile = bits == 100 ? provenn::Profile::kP100 : provenn::Profile::kP128;
    return PROVENN_OK;
  });
}

provenn_status provenn_demand_certificate(provenn_verification* v, const uint8_t* certificate, size_t size) {
  return Demand(v, "certificate", [&]() -> provenn_status {
    if (certificate == nullptr || size == 0) return SayArgument(v, "the certificate is empty");
    if (v->demands.certificate.has_value()) return SayArgument(v, "the certificate is demanded twice");
    auto decoded = provenn::DecodeCertificate({certificate, size});
    if (!decoded.ok()) return SayUnreadable(v, "certificate", decoded.error());
    v->demands.certificate = std::move(*decoded);
    return PROVENN_OK;
  });
}

provenn_status provenn_demand_input(provenn_verification* v, const char* name, const float* values, size_t count,
                                    const int64_t* shape, size_t rank) {
  return DemandTensor(v, &Expectations::inputs, PROVENN_INPUT, name, values, count, shape, rank);
}

provenn_status provenn_demand_output(provenn_verification* v, const char* name, const float* values, size_t count,
                                     const int64_t* shape, size_t rank) {
  return DemandTensor(v, &Expectations::outputs, PROVENN_OUTPUT, name, values, count, shape, rank);
}

provenn_status provenn_check(provenn_verification* v, uint32_t flags) {
  return BeforeCheck(v, [&]() -> provenn_status {
    if ((flags & ~PROVENN_STRICT) != 0) return SayArgument(v, "unknown flags");
    if (!v->refused.empty()) {
      return SayArgument(v, "a demand was refused and not made again: " + *v->refused.begin());
    }
    if ((flags & PROVENN_STRICT) != 0) {
      const auto complete = CheckStrict(v->demands, v->model->inputs.size());
      if (!complete.ok()) return SayArgument(v, complete.error().ToString());
    }
    auto report = VerifyAnswer(*v->model, *v->file, v->demands);
    if (!report.ok()) return SayArgument(v, report.error().ToString());
    if (!report->accepted) {
      const provenn_status rejected = SayReason(v, report->reason, report->where);
      v->report = std::move(*report);
      return rejected;
    }
    v->coverage = CoverageOf(*report, v->demands);
    v->checked = provenn::Joined(CoverageTexts(v->coverage, true, provenn::Hints::kNone));
    v->not_checked = provenn::Joined(CoverageTexts(v->coverage, false, provenn::Hints::kNone));
    Say(v, PROVENN_OK, "", "", "");
    v->report = std::move(*report);  // last: from here on it counts as accepted
    return PROVENN_OK;
  });
}

provenn_status provenn_reason(const provenn_verification* v, const char** code, const char** sentence,
                              const char** where) {
  if (v == nullptr) return PROVENN_BAD_ARGUMENT;
  if (code != nullptr) *code = v->code.c_str();
  if (sentence != nullptr) *sentence = v->sentence.c_str();
  if (where != nullptr) *where = v->where.c_str();
  return PROVENN_OK;
}

provenn_status provenn_model_id(const provenn_verification* v, const uint8_t** id) {
  if (v == nullptr || id == nullptr) return PROVENN_BAD_ARGUMENT;
  if (!IsOpen(*v)) return PROVENN_BAD_ORDER;
  *id = v->model->model_id.data();
  return PROVENN_OK;
}

provenn_status provenn_port_count(const provenn_verification* v, int side, size_t* count) {
  if (v == nullptr || count == nullptr || (side != PROVENN_INPUT && side != PROVENN_OUTPUT)) {
    return PROVENN_BAD_ARGUMENT;
  }
  if (!IsOpen(*v)) return PROVENN_BAD_ORDER;
  *count = side == PROVENN_INPUT ? v->model->inputs.size() : v->model->outputs.size();
  return PROVENN_OK;
}

provenn_status provenn_port_name(const provenn_verification* v, int side, size_t index, const char** name,
                                 size_t* size) {
  return AskPort(v, side, index, name != nullptr && size != nullptr, [&](const ModelPort& port) -> provenn_status {
    *name = port.name.c_str();
    *size = port.name.size();
    return PROVENN_OK;
  });
}

provenn_status provenn_port_shape(const provenn_verification* v, int side, size_t index, const int64_t** shape,
                                  size_t* rank) {
  return AskPort(v, side, index, shape != nullptr && rank != nullptr, [&](const ModelPort& port) -> provenn_status {
    *shape = port.shape.data();
    *rank = port.shape.size();
    return PROVENN_OK;
  });
}

provenn_status provenn_port_step(const provenn_verification* v, int side, size_t index, double* step) {
  return AskPort(v, side, index, step != nullptr, [&](const ModelPort& port) -> provenn_status {
    *step = std::ldexp(1.0, -v->model->circuit.tensors[port.tensor].scale);
    return PROVENN_OK;
  });
}

provenn_status provenn_batch(const provenn_verification* v, uint32_t* samples) {
  return AskProved(v, samples != nullptr, [&](const VerifyReport& report) -> provenn_status {
    *samples = report.batch;
    return PROVENN_OK;
  });
}

provenn_status provenn_profile_bits(const provenn_verification* v, int* bits) {
  return AskProved(v, bits != nullptr, [&](const VerifyReport& report) -> provenn_status {
    *bits = report.profile == provenn::Profile::kP100 ? 100 : 128;
    return PROVENN_OK;
  });
}

provenn_status provenn_context(const provenn_verification* v, const char** context, size_t* size) {
  return AskProved(v, context != nullptr && size != nullptr, [&](const VerifyReport& report) -> provenn_status {
    *context = report.context.c_str();
    *size = report.context.size();
    return PROVENN_OK;
  });
}

provenn_status provenn_tensor_hidden(const provenn_verification* v, int side, size_t index, int* hidden) {
  return AskTensor(v, side, index, hidden != nullptr, true, [&](const ShownTensor& tensor) -> provenn_status {
    *hidden = tensor.hidden ? 1 : 0;
    return PROVENN_OK;
  });
}

provenn_status provenn_tensor_values(const provenn_verification* v, int side, size_t index, const float** values,
                                     size_t* count) {
  const bool results = values != nullptr && count != nullptr;
  return AskTensor(v, side, index, results, false, [&](const ShownTensor& tensor) -> provenn_status {
    *values = tensor.values.data.data();
    *count = tensor.values.data.size();
    return PROVENN_OK;
  });
}

provenn_status provenn_tensor_shape(const provenn_verification* v, int side, size_t index, const int64_t** shape,
                                    size_t* rank) {
  const bool results = shape != nullptr && rank != nullptr;
  return AskTensor(v, side, index, results, false, [&](const ShownTensor& tensor) -> provenn_status {
    *shape = tensor.values.shape.data();
    *rank = tensor.values.shape.size();
    return PROVENN_OK;
  });
}

provenn_status provenn_tensor_digest(const provenn_verification* v, int side, size_t index, const uint8_t** digest) {
  return AskTensor(v, side, index, digest != nullptr, false, [&](const ShownTensor& tensor) -> provenn_status {
    *digest = tensor.digest.data();
    return PROVENN_OK;
  });
}

provenn_status provenn_input_difference(const provenn_verification* v, size_t index, double* largest) {
  return AskTensor(v, PROVENN_INPUT, index, largest != nullptr, true, [&](const ShownTensor& t) -> provenn_status {
    for (const auto& difference : v->report->differences) {
      if (difference.name != t.name) continue;
      *largest = difference.largest;
      return PROVENN_OK;
    }
    return PROVENN_NOT_DEMANDED;
  });
}

provenn_status provenn_checked(const provenn_verification* v, int what, size_t index, int* checked) {
  return AskProved(v, checked != nullptr, [&](const VerifyReport&) -> provenn_status {
    if (what < PROVENN_CHECKED_PROOF || what > PROVENN_CHECKED_TOTALITY) return PROVENN_BAD_ARGUMENT;
    const bool of_port = what == PROVENN_CHECKED_INPUT || what == PROVENN_CHECKED_OUTPUT;
    const ModelPort* port =
        of_port ? PortAt(v, what == PROVENN_CHECKED_INPUT ? PROVENN_INPUT : PROVENN_OUTPUT, index) : nullptr;
    if (of_port ? port == nullptr : index != 0) return PROVENN_BAD_ARGUMENT;
    const auto covers = [&](const CoverageItem& item) {
      return item.checked && static_cast<int>(item.kind) == what && (!of_port || item.name == port->name);
    };
    *checked = std::any_of(v->coverage.begin(), v->coverage.end(), covers) ? 1 : 0;
    return PROVENN_OK;
  });
}

provenn_status provenn_coverage(const provenn_verification* v, const char** checked, const char** not_checked) {
  return AskProved(v, checked != nullptr && not_checked != nullptr, [&](const VerifyReport&) -> provenn_status {
    *checked = v->checked.c_str();
    *not_checked = v->not_checked.c_str();
    return PROVENN_OK;
  });
}
