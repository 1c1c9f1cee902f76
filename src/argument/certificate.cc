#include "argument/certificate.h"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "argument/plan.h"
#include "argument/verifier_work.h"

namespace provenn {
namespace {

constexpr int64_t kMaxNarrow = (int64_t{1} << 17) - 1;

View Cells(uint32_t tensor, uint32_t from_axis, uint32_t axes) {
  View view{tensor, {}};
  for (uint32_t a = 0; a < axes; ++a) view.axes.push_back(AxisMap{0, {AxisStep{from_axis + a, 1}}});
  return view;
}

// 1 for the cells of [split rows, columns] that belong to no element.
std::vector<int32_t> MarkOf(const Block& block, uint32_t columns, uint32_t split_rows) {
  std::vector<int32_t> mark(size_t{split_rows} * columns, 1);
  const size_t rank = block.shape.size();
  for (size_t s = 0; s < mark.size(); ++s) {
    size_t column = s % columns;
    bool element = true;
    for (size_t a = rank; a-- > 0 && a > block.split;) {
      element = element && column % block.padded[a] < block.shape[a];
      column /= block.padded[a];
    }
    const size_t at = s / columns * block.split_columns + column;
    const size_t limit = block.split < rank ? block.shape[block.split] : 1;
    // A column beyond those that the axes fill would count on along the split axis.
    element = element && column < block.split_columns && at < limit;
    if (element) mark[s] = 0;
  }
  return mark;
}

class Builder {
 public:
  Builder(const Circuit& model, uint32_t columns) : model_(model), columns_(columns) {}

  Result<CertificateCircuit> Build() {
    std::vector<std::optional<uint32_t>> blocks;
    const OracleLayout layout = WeightsLayout(model_, columns_, &blocks);
    if (layout.rows() > kMaxWeightRows) return TooLarge();
    for (uint32_t t = 0; t < model_.tensors.size(); ++t) {
      if (blocks[t].has_value()) RETURN_IF_ERROR(AddBlock(t, layout.blocks()[*blocks[t]]));
    }
    if (expanded_ > kMaxVerifierElements) return TooLarge();
    out_.marks.resize(out_.circuit.tensors.size());
    RETURN_IF_ERROR(ValidateCircuit(out_.circuit));
    return std::move(out_);
  }

 private:
  uint32_t AddTensor(TensorKind kind, Shape shape, int64_t min, int64_t max, uint32_t outer_axes = 0) {
    out_.circuit.tensors.push_back(Tensor{"", kind, std::move(shape), min, max, 0, outer_axes});
    return static_cast<uint32_t>(out_.circuit.tensors.size() - 1);
  }

  // Keys min..max with the value 0, then max + 1 with the value 1.
  uint32_t TableOf(int64_t min, int64_t max) {
    const auto [at, added] = tables_.try_emplace({min, max}, static_cast<uint32_t>(out_.circuit.tables.size()));
    if (!added) return at->second;
    const auto size = static_cast<uint32_t>(max - min + 2);
    expanded_ += size;
    std::vector<int32_t> values(size, 0);
    values.back() = 1;
    out_.circuit.tables.push_back(Table{"", min, size, {std::move(values)}});
    return at->second;
  }

  // (key + (max + 1) mark, mark) over [rows, S].
  void AddLookup(const Shape& space, int64_t min, int64_t max, uint32_t mark, Expression key) {
    const View marked = Cells(mark, 1, 1);
    key.terms.push_back({{max + 1, 0}, marked});
    Expression value;
    value.terms.push_back({{1, 0}, marked});
    out_.circuit.lookups.push_back(Lookup{"", space, TableOf(min, max), {std::move(key), std::move(value)}});
  }

  Status AddBlock(uint32_t weight, const Block& block) {
    const bool splits = block.split < block.shape.size();
    const uint32_t split_rows = splits ? block.padded[block.split] / block.split_columns : 1;
    CertifiedBlock b;
    b.weight = weight;
    b.name = model_.tensors[weight].name;
    b.block = block;
    b.columns = columns_;
    ASSIGN_OR_RETURN(b.range, CertifiableRangeOf(model_.tensors[weight]));
    b.rows = block.rows / split_rows;
    expanded_ += uint64_t{split_rows} * columns_;
    if (expanded_ > kMaxVerifierElements || out_.circuit.tensors.size() >= kMaxObjects) return TooLarge();
    b.cells = split_rows * columns_;
    b.mark = AddTensor(TensorKind::kInput, {b.cells}, 0, 1);
    out_.marks.resize(b.mark + 1);
    out_.marks[b.mark] = MarkOf(block, columns_, split_rows);
    uint64_t first = 0;
    for (int e = static_cast<int>(std::bit_width(b.rows)) - 1; e >= 0; --e) {
      if (((b.rows >> e) & 1) == 0) continue;
      b.parts.push_back(AddPart(b, static_cast<uint32_t>(uint64_t{1} << e), first));
      first += uint64_t{1} << e;
    }
    out_.blocks.push_back(std::move(b));
    return Ok();
  }

  CertifiedBlock::Part AddPart(const CertifiedBlock& b, uint32_t rows, uint64_t first) {
    Circuit& c = out_.circuit;
    const Shape space{rows, b.cells};
    CertifiedBlock::Part part;
    part.first = first;
    part.weight = AddTensor(TensorKind::kWeight, space, b.range.min, b.range.max, 1);
    part.contraction = static_cast<uint32_t>(c.contractions.size());
    c.contractions.push_back(Contraction{space, 2, Cells(part.weight, 0, 2), std::nullopt});
    Expression key;
    key.accumulators.push_back({{1, 0}, part.contraction});
    if (b.range.high == 0) {
      AddLookup(space, b.range.min, b.range.max, b.mark, std::move(key));
      return part;
    }
    part.high = AddTensor(TensorKind::kWitness, space, -b.range.high, b.range.high);
    const View high = Cells(part.high, 0, 2);
    key.terms.push_back({{-kDigitBase, 0}, high});
    AddLookup(space, -kLargestDigit, kLargestDigit, b.mark, std::move(key));
    Expression digit;
    digit.terms.push_back({{1, 0}, high});
    AddLookup(space, -b.range.high, b.range.high, b.mark, std::move(digit));
    return part;
  }

  static Error TooLarge() {
    return Error{Code::kTooLarge, "more rows, marks, tables or tensors than a verifier expands", "certificate"};
  }

  const Circuit& model_;
  const uint32_t columns_;
  CertificateCircuit out_;
  uint64_t expanded_ = 0;  // elements of marks and rows of tables so far: a few hostile bytes can declare many
  std::map<std::pair<int64_t, int64_t>, uint32_t> tables_;
};

}  // namespace

Result<CertifiableRange> CertifiableRangeOf(const Tensor& weight) {
  if (weight.max - weight.min + 1 <= kMaxNarrow) return CertifiableRange{weight.min, weight.max, 0};
  const int64_t least = std::min(-weight.min, weight.max);
  const int64_t high = std::min(kLargestDigit, (least - kLargestDigit) / kDigitBase);
  if (least < kLargestDigit || high < 1) {
    return Error{Code::kUnsupported,
                 "its bounds [" + std::to_string(weight.min) + ", " + std::to_string(weight.max) +
                     "] cannot be certified: more than 2^17 integers, and not " +
                     std::to_string(kDigitBase + kLargestDigit) + " on both sides of 0",
                 "tensor " + weight.name};
  }
  const int64_t reach = kDigitBase * high + kLargestDigit;
  return CertifiableRange{-reach, reach, high};
}

Result<CertificateCircuit> MakeCertificateCircuit(const Circuit& model, uint32_t columns) {
  return Builder(model, columns).Build();
}

Statement CertificateStatement(const CertificateCircuit& certificate, const WeightsCommitment& weights,
                               const Digest& model_id) {
  Statement statement;
  statement.circuit_digest = CircuitDigest(certificate.circuit);
  statement.interface_digest = Sha256Of("provenn.certificate", {ByteSpan(model_id)});
  statement.weights = weights;
  statement.hidden.assign(certificate.circuit.tensors.size(), 0);
  statement.values = certificate.marks;
  return statement;
}

}  // namespace provenn
