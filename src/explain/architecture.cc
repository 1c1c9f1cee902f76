#include "explain/architecture.h"

#include <algorithm>
#include <map>

#include "explain/reading.h"
#include "explain/table.h"

namespace provenn {
namespace {

void WriteShape(const Shape& shape, ByteWriter* w) {
  w->Varint(shape.size());
  for (uint32_t size : shape) w->Varint(size);
}

class GraphWriter {
 public:
  explicit GraphWriter(const ArchitectureInput& in) : in_(in) {}

  Digest Run() {
    WritePorts(in_.inputs);
    WritePorts(in_.outputs);
    WriteNodes();
    w_.Varint(in_.other_lookups.size());
    for (const uint32_t id : in_.other_lookups) WriteWholeLookup(in_.circuit.lookups[id]);
    // What is numbered goes before it is named.
    ByteWriter tensors;
    tensors.Varint(order_.size());
    for (const uint32_t id : order_) {
      const Tensor& t = in_.circuit.tensors[id];
      tensors.U8(static_cast<uint8_t>(t.kind));
      WriteShape(t.shape, &tensors);
    }
    tensors.Varint(contractions_.size());
    return Sha256Of("provenn.architecture.graph",
                    {ByteSpan(tensors.bytes()), ByteSpan(sums_.bytes()), ByteSpan(w_.bytes())});
  }

 private:
  // Tensors and contractions are numbered in the order in which they are first met.
  void WriteTensor(uint32_t id) { WriteTensor(id, &w_); }
  void WriteTensor(uint32_t id, ByteWriter* w) {
    const auto [it, fresh] = numbers_.try_emplace(id, order_.size());
    if (fresh) order_.push_back(id);
    w->Varint(it->second);
  }

  void WriteView(const View& view) { WriteView(view, &w_); }
  void WriteView(const View& view, ByteWriter* w) {
    WriteTensor(view.tensor, w);
    for (const AxisMap& map : view.axes) {
      w->SignedVarint(map.offset);
      w->Varint(map.steps.size());
      for (const AxisStep& step : map.steps) {
        w->Varint(step.axis);
        w->SignedVarint(step.stride);
      }
    }
  }

  void WritePorts(const std::vector<ModelPort>& ports) {
    w_.Varint(ports.size());
    for (const ModelPort& port : ports) {
      WriteTensor(port.tensor);
      w_.Varint(port.shape.size());
      for (int64_t size : port.shape) w_.Varint(static_cast<uint64_t>(size));
      for (uint32_t axis : port.order) w_.Varint(axis);
    }
  }

  // In full once, however many sums name it.
  void WriteContraction(uint32_t id) {
    const auto [it, fresh] = contractions_.try_emplace(id, contractions_.size());
    w_.Varint(it->second);
    if (!fresh) return;
    const Contraction c = WithSummedAxesInOrder(in_.circuit.contractions[id]);
    WriteShape(c.space, &sums_);
    sums_.Varint(c.out_rank);
    WriteView(c.left, &sums_);
    sums_.U8(c.right.has_value() ? 1 : 0);
    if (c.right.has_value()) WriteView(*c.right, &sums_);
  }

  // The signs of the addends, their views and contractions; not what the step itself sets, nor constants and factors.
  void WriteSum(const Expression& e, const Step& step, uint32_t output, const std::vector<uint64_t>& divisors) {
    size_t addend = 0;
    const auto divisor = [&] { w_.Varint(addend < divisors.size() ? divisors[addend] : 1), ++addend; };
    for (const AccumulatorTerm& t : e.accumulators) {
      w_.U8(t.coefficient.numerator < 0 ? 2 : 1);
      divisor();
      WriteContraction(t.contraction);
    }
    for (const ViewTerm& t : e.terms) {
      if (t.view.tensor == output || IsHelperOf(step, t.view.tensor)) continue;
      w_.U8(t.coefficient.numerator < 0 ? 4 : 3);
      divisor();
      WriteView(t.view);
    }
    w_.U8(0);
  }

  // In the order of the lookups, which the circuit gives, and not of the program.
  void WriteNodes() {
    std::vector<size_t> nodes;
    for (size_t i = 0; i < in_.program.steps.size(); ++i) {
      const Step& step = in_.program.steps[i];
      if (step.kind == Step::Kind::kLookup && SetsValue(step)) nodes.push_back(i);
    }
    std::sort(nodes.begin(), nodes.end(),
              [&](size_t a, size_t b) { return in_.program.steps[a].id < in_.program.steps[b].id; });
    w_.Varint(nodes.size());
    for (const size_t i : nodes) {
      const Step& step = in_.program.steps[i];
      const Lookup& lookup = in_.circuit.lookups[step.id];
      const StepFacts& facts = in_.steps[i];
      if (!facts.recognised) {
        w_.U8(3);
        WriteWholeLookup(lookup);
        if (step.clamp.has_value()) WriteTable(step.clamp->table);
        continue;
      }
      w_.U8(step.quotient.has_value() ? 1 : 2);
      WriteShape(lookup.space, &w_);
      if (step.quotient.has_value()) {
        WriteSum(lookup.columns[0], step, kNoTensor, facts.divisors);
        WriteTensor(step.quotient->tensor);
        continue;
      }
      // Of a recognised step: one output.
      const size_t c = static_cast<size_t>(
          std::find_if(step.outputs.begin(), step.outputs.end(), [](uint32_t t) { return t != kNoTensor; }) -
          step.outputs.begin());
      const uint32_t output = step.outputs[c];
      WriteSum(lookup.columns[0], step, output, facts.divisors);
      WriteSum(lookup.columns[c + 1], step, output, {});
      for (const ViewTerm& t : lookup.columns[c + 1].terms) {
        if (t.view.tensor == output) WriteView(t.view);
      }
      w_.String(facts.family);
    }
  }

  // Each once, however many lookups bring it in.
  void WriteTable(uint32_t id) {
    const auto [it, fresh] = table_digests_.try_emplace(id);
    if (fresh) it->second = TableDigest(in_.circuit.tables[id]);
    w_.Raw(ByteSpan(it->second));
  }

  void WriteWholeLookup(const Lookup& lookup) {
    WriteShape(lookup.space, &w_);
    const auto coefficient = [&](const Coefficient& c) {
      w_.SignedVarint(c.numerator);
      w_.U8(c.shift);
    };
    w_.Varint(lookup.columns.size());
    for (const Expression& e : lookup.columns) {
      coefficient(e.constant);
      w_.Varint(e.terms.size());
      for (const ViewTerm& t : e.terms) {
        coefficient(t.coefficient);
        WriteView(t.view);
      }
      w_.Varint(e.accumulators.size());
      for (const AccumulatorTerm& t : e.accumulators) {
        coefficient(t.coefficient);
        WriteContraction(t.contraction);
      }
    }
    WriteTable(lookup.table);
  }

  const ArchitectureInput& in_;
  ByteWriter w_;
  ByteWriter sums_;                       // the contractions
  std::map<uint32_t, uint64_t> numbers_;  // of tensors
  std::vector<uint32_t> order_;           // tensors by number
  std::map<uint32_t, uint64_t> contractions_;
  std::map<uint32_t, Digest> table_digests_;
};

}  // namespace

Digest GraphId(const ArchitectureInput& input) { return GraphWriter(input).Run(); }

Digest FormatsId(const ArchitectureInput& input, const Digest& graph_id) {
  Circuit nameless = input.circuit;
  for (Tensor& t : nameless.tensors) t.name.clear();
  for (Table& t : nameless.tables) t.name.clear();
  for (Lookup& l : nameless.lookups) l.name.clear();
  for (Contraction& c : nameless.contractions) c = WithSummedAxesInOrder(c);
  const Bytes circuit = EncodeCircuit(nameless);
  ByteWriter w;
  for (const auto* list : {&input.inputs, &input.outputs}) {
    std::vector<ModelPort> ports = *list;
    for (ModelPort& port : ports) port.name.clear();
    EncodePorts(ports, &w);
  }
  return Sha256Of("provenn.architecture.formats", {ByteSpan(graph_id), ByteSpan(circuit), ByteSpan(w.bytes())});
}

}  // namespace provenn
