#include "api/verify_coverage.h"

#include <algorithm>

#include "base/printable.h"

namespace provenn {
namespace {

CoverageItem Item(CoverageKind kind, bool checked, const std::string& text, const std::string& how) {
  return {kind, checked, "", text, checked ? "" : how};
}

CoverageItem InputItem(const VerifyReport& report, const ShownTensor& input) {
  const auto d = std::find_if(report.differences.begin(), report.differences.end(),
                              [&](const InputDifference& x) { return x.name == input.name; });
  const std::string text = "input " + Quoted(input.name);
  if (d == report.differences.end()) {
    return {CoverageKind::kInput, false, input.name, text + (input.hidden ? " (hidden)" : ""),
            input.hidden ? "" : "--input"};
  }
  return {CoverageKind::kInput, true, input.name,
          text + " (" + (d->by_position ? "given without a name; " : "") + "largest difference " + Number(d->largest) +
              ", step " + Number(d->step) + ")",
          ""};
}

CoverageItem OutputItem(const VerifyReport& report, const ShownTensor& output) {
  const auto& compared = report.compared_outputs;
  const bool known = std::find(compared.begin(), compared.end(), output.name) != compared.end();
  const bool hidden = !known && output.hidden;
  return {CoverageKind::kOutput, known, output.name, "output " + Quoted(output.name) + (hidden ? " (hidden)" : ""),
          known || hidden ? "" : "--output, or compare what is shown"};
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
    case CoverageKind::kProfile:
      return "profile";
    case CoverageKind::kTotality:
      return "totality";
    case CoverageKind::kCard:
      return "card";
  }
  return "unknown";
}

std::vector<CoverageItem> CoverageOf(const VerifyReport& report, const Expectations& expectations) {
  const bool certified = expectations.certificate.has_value();
  const bool context = expectations.context.has_value();
  std::vector<CoverageItem> items = {
      Item(CoverageKind::kProof, true, "proof", ""),
      Item(CoverageKind::kKey, true, "key (no cell has a choice)", ""),
      Item(CoverageKind::kCertificate, certified,
           certified ? "certificate (the committed weights are integers within their bounds)" : "certificate",
           "--certificate, or verify-key"),
      Item(CoverageKind::kModelId, expectations.model_id.has_value(), "model id", "--model-id"),
  };
  if (certified) {
    items.push_back({CoverageKind::kTotality, report.total, "",
                     "that every input in range has an answer" + (report.total ? "" : " (" + report.not_total + ")"),
                     ""});
  }
  for (const ShownTensor& input : report.inputs) items.push_back(InputItem(report, input));
  for (const ShownTensor& output : report.outputs) items.push_back(OutputItem(report, output));
  items.push_back(Item(CoverageKind::kContext, context, context ? "context" : "freshness", "--context"));
  items.push_back(Item(CoverageKind::kProfile, expectations.profile.has_value(),
                       std::string("profile ") + ProfileName(report.profile), "--profile"));
  return items;
}

std::vector<std::string> CoverageTexts(const std::vector<CoverageItem>& items, bool checked, Hints hints) {
  std::vector<std::string> texts;
  for (const CoverageItem& item : items) {
    if (item.checked != checked) continue;
    const bool hint = hints == Hints::kOptions && !item.how.empty();
    texts.push_back(item.text + (hint ? " (" + item.how + ")" : ""));
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
  if (!expectations.model_id.has_value()) missing.push_back("the model id");
  if (!expectations.context.has_value()) missing.push_back("a context");
  // No input is given twice (MatchTensors), so their number tells whether each is there.
  if (expectations.inputs.size() < inputs) missing.push_back("every input of the model");
  if (missing.empty()) return Ok();
  return Error{Code::kInvalidArgument, "demands " + Joined(missing) + " as well", "strict"};
}

}  // namespace provenn
