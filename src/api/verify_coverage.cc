#include "api/verify_coverage.h"

#include <algorithm>

#include "base/printable.h"

namespace provenn {
namespace {

CoverageItem InputItem(const VerifyReport& report, const ShownTensor& input) {
  const auto d = std::find_if(report.differences.begin(), report.differences.end(),
                              [&](const InputDifference& x) { return x.name == input.name; });
  const std::string text = "input " + Quoted(input.name);
  if (d == report.differences.end()) {
    return {CoverageKind::kInput, false, input.name, text + (input.hidden ? " (hidden)" : " (--input)")};
  }
  return {CoverageKind::kInput, true, input.name,
          text + " (" + (d->by_position ? "given without a name; " : "") + "largest difference " + Number(d->largest) +
              ", step " + Number(d->step) + ")"};
}

}  // namespace

const char* CoverageKindName(CoverageKind kind) {
  switch (kind) {
    case CoverageKind::kProof:
      return "proof";
    case CoverageKind::kKey:
      return "key";
    case CoverageKind::kCertificate:
      return "certificate";
    case CoverageKind::kModelId:
      return "model-id";
    case CoverageKind::kInput:
      return "input";
    case CoverageKind::kOutput:
      return "output";
    case CoverageKind::kContext:
      return "context";
    case CoverageKind::kCard:
      return "card";
  }
  return "unknown";
}

std::vector<CoverageItem> CoverageOf(const VerifyReport& report, const Expectations& expectations) {
  std::vector<CoverageItem> items;
  items.push_back({CoverageKind::kProof, true, "", "proof"});
  items.push_back({CoverageKind::kKey, true, "", "key (no cell has a choice)"});
  const bool certified = expectations.certificate.has_value();
  items.push_back({CoverageKind::kCertificate, certified, "",
                   certified ? "certificate (the committed weights are integers within their bounds)"
                             : "certificate (--certificate, or verify-key)"});
  const bool id = expectations.model_id.has_value();
  items.push_back({CoverageKind::kModelId, id, "", id ? "model id" : "model id (--model-id)"});
  for (const ShownTensor& input : report.inputs) items.push_back(InputItem(report, input));
  for (const ShownTensor& output : report.outputs) {
    const auto& compared = report.compared_outputs;
    const bool known = std::find(compared.begin(), compared.end(), output.name) != compared.end();
    const std::string how = known ? "" : output.hidden ? " (hidden)" : " (--output, or compare what is shown)";
    items.push_back({CoverageKind::kOutput, known, output.name, "output " + Quoted(output.name) + how});
  }
  const bool context = expectations.context.has_value();
  items.push_back({CoverageKind::kContext, context, "", context ? "context" : "freshness (--context)"});
  return items;
}

std::vector<std::string> CoverageTexts(const std::vector<CoverageItem>& items, bool checked) {
  std::vector<std::string> texts;
  for (const CoverageItem& item : items) {
    if (item.checked == checked) texts.push_back(item.text);
  }
  return texts;
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : ", ") + text;
  return joined;
}

Status CheckStrict(const Expectations& expectations, size_t inputs) {
  std::vector<std::string> missing;
  if (!expectations.model_id.has_value()) missing.push_back("the model id (--model-id)");
  if (!expectations.context.has_value()) missing.push_back("a context (--context)");
  // No input is given twice (MatchTensors), so their number tells whether each is there.
  if (expectations.inputs.size() < inputs) missing.push_back("every input of the model (--input)");
  if (missing.empty()) return Ok();
  return Error{Code::kInvalidArgument, "demands " + Joined(missing) + " as well", "strict"};
}

}  // namespace provenn
