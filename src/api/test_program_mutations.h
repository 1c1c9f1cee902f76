// Ways to change a key's program, its ports, and program and circuit together: see test_key_mutations.h.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/test_key_mutations.h"

namespace provenn {

class ProgramMutations {
 public:
  explicit ProgramMutations(const PublicModel& key) : key_(key) {
    for (size_t i = 0; i < key.program.steps.size(); ++i) OfStep(i);
    Add("program: reversed", "program",
        [](PublicModel& m) { std::reverse(m.program.steps.begin(), m.program.steps.end()); });
    Add("program: empty", "program", [](PublicModel& m) { m.program.steps.clear(); });
    OfPorts("input", &PublicModel::inputs);
    OfPorts("output", &PublicModel::outputs);
  }
  std::vector<KeyMutation> Take() { return std::move(list_); }

 private:
  void Add(std::string kind, std::string place, std::function<void(PublicModel&)> apply) {
    list_.push_back({std::move(kind), std::move(place), std::move(apply)});
  }

  void OfStep(size_t i) {
    const Step& was = key_.program.steps[i];
    const size_t steps = key_.program.steps.size();
    const std::string at = "step " + std::to_string(i);
    const auto get = [=](PublicModel& m) -> Step& { return m.program.steps.at(i); };
    Add("program: delete a step", at, [=](PublicModel& m) {
      get(m);
      m.program.steps.erase(m.program.steps.begin() + static_cast<ptrdiff_t>(i));
    });
    Add("program: repeat a step", at, [=](PublicModel& m) { m.program.steps.push_back(Step(get(m))); });
    for (size_t to : {size_t{0}, i + 1, steps / 2, steps - 1}) {
      if (to == i || to >= steps) continue;
      Add("program: move a step", at + " to " + std::to_string(to), [=](PublicModel& m) {
        Step step = get(m);
        m.program.steps.at(to);
        m.program.steps.erase(m.program.steps.begin() + static_cast<ptrdiff_t>(i));
        m.program.steps.insert(m.program.steps.begin() + static_cast<ptrdiff_t>(to), std::move(step));
      });
    }
    Add("program: another object", at, [=](PublicModel& m) { ++get(m).id; });
    if (was.kind == Step::Kind::kContract) return;
    for (size_t d = 0; d < was.digits.size(); ++d) OfDigit(i, d, at + " digit " + std::to_string(d));
    if (was.digits.size() > 1) {
      Add("program: swap digits", at, [=](PublicModel& m) { std::swap(get(m).digits.at(0), get(m).digits.at(1)); });
    }
    OfClamp(i, at);
    if (was.quotient.has_value()) {
      Add("program: no quotient", at, [=](PublicModel& m) { get(m).quotient.reset(); });
      Add("program: quotient bits", at, [=](PublicModel& m) { ++get(m).quotient.value().bits; });
      Add("program: quotient bits", at, [=](PublicModel& m) { --get(m).quotient.value().bits; });
      Add("program: a quotient as digit", at, [=](PublicModel& m) {
        const CommittedQuotient q = get(m).quotient.value();
        get(m).digits.push_back({q.tensor, q.bits});
        get(m).quotient.reset();
      });
      Add("program and circuit: quotient of other bits", at, [=](PublicModel& m) {
        CommittedQuotient& q = get(m).quotient.value();
        ++q.bits;
        for (ViewTerm& t : Key(m, i).terms)
          t.coefficient.numerator = WrappingProduct(t.coefficient.numerator, t.view.tensor == q.tensor ? 2 : 1);
      });
    }
    for (size_t c = 0; c < was.outputs.size(); ++c) OfOutput(i, c, at + " output " + std::to_string(c));
    for (const int digits : {1, 2, 3}) {
      Add("program and circuit: a longer remainder", at, [=](PublicModel& m) { Lengthen(m, i, digits); });
    }
  }

  static Lookup& LookupOf(PublicModel& m, size_t step) { return m.circuit.lookups.at(m.program.steps.at(step).id); }
  static Expression& Key(PublicModel& m, size_t step) { return LookupOf(m, step).columns.at(0); }

  void OfDigit(size_t i, size_t d, const std::string& at) {
    const auto step = [=](PublicModel& m) -> Step& { return m.program.steps.at(i); };
    Add("program: digit bits", at, [=](PublicModel& m) { ++step(m).digits.at(d).bits; });
    Add("program: digit bits", at, [=](PublicModel& m) { --step(m).digits.at(d).bits; });
    const auto drop = [=](PublicModel& m) {
      step(m).digits.at(d);
      step(m).digits.erase(step(m).digits.begin() + static_cast<ptrdiff_t>(d));
    };
    const uint32_t tensor = key_.program.steps[i].digits[d].tensor;
    const uint8_t bits = key_.program.steps[i].digits[d].bits;
    Add("program: drop a digit", at, drop);
    Add("program and circuit: drop a digit", at, [=](PublicModel& m) {
      drop(m);
      std::erase_if(Key(m, i).terms, [&](const ViewTerm& t) { return t.view.tensor == tensor; });
    });
    Add("program and circuit: drop a digit, shorter shift", at, [=](PublicModel& m) {
      drop(m);
      std::erase_if(Key(m, i).terms, [&](const ViewTerm& t) { return t.view.tensor == tensor; });
      ForEachCoefficient(Key(m, i), [&](Coefficient& c) {
        if (c.shift >= bits) c.shift = static_cast<uint8_t>(c.shift - bits);
      });
    });
    Add("program: a digit as quotient", at, [=](PublicModel& m) {
      drop(m);
      step(m).quotient = CommittedQuotient{tensor, bits};
    });
    // The digit's own range, and every coefficient above it, follow.
    for (const int by : {-1, 1, 2}) {
      Add("program and circuit: a digit of other bits", at, [=](PublicModel& m) {
        RemainderDigit& digit = step(m).digits.at(d);
        const auto wider = static_cast<uint8_t>(digit.bits + by);
        if (wider == 0 || wider > 20) throw std::out_of_range("digit");
        m.circuit.tables.push_back({"range " + std::to_string(wider), 0, 1u << wider, {}});
        for (Lookup& l : m.circuit.lookups) {
          const Expression& e = l.columns.at(0);
          if (e.terms.size() != 1 || e.terms[0].view.tensor != tensor || l.columns.size() != 1) continue;
          l.table = static_cast<uint32_t>(m.circuit.tables.size() - 1);
        }
        ForEachCoefficient(Key(m, i), [&](Coefficient& c) {
          const int shift = c.shift + by;
          if (c.shift > 0) c.shift = static_cast<uint8_t>(std::max(shift, 0));
        });
        for (size_t k = d + 1; k < step(m).digits.size(); ++k) {
          for (ViewTerm& t : Key(m, i).terms) {
            if (t.view.tensor != step(m).digits[k].tensor) continue;
            t.coefficient.numerator =
                by > 0 ? WrappingProduct(t.coefficient.numerator, 1 << by) : t.coefficient.numerator / 2;
          }
        }
        digit.bits = wider;
      });
    }
  }

  template <typename Body>
  static void ForEachCoefficient(Expression& e, const Body& body) {
    body(e.constant);
    for (ViewTerm& t : e.terms) body(t.coefficient);
    for (AccumulatorTerm& t : e.accumulators) body(t.coefficient);
  }

  // More digits below: everything else is read 2^(20 * digits) times larger, so that the function is the same and the
  // right sides of its equation come closer to the modulus, or pass it.
  static void Lengthen(PublicModel& m, size_t i, int digits) {
    constexpr int kBits = 20;
    const int by = kBits * digits;
    m.circuit.tables.push_back({"range 20", 0, 1u << kBits, {}});
    const auto table = static_cast<uint32_t>(m.circuit.tables.size() - 1);
    Step& step = m.program.steps.at(i);
    const Shape space = LookupOf(m, i).space;
    int shift = 0;
    for (const RemainderDigit& d : step.digits) shift += d.bits;
    if (shift + by > 62) throw std::out_of_range("shift");
    std::vector<RemainderDigit> all;
    for (RemainderDigit d : step.digits) {
      for (ViewTerm& t : Key(m, i).terms) {
        if (t.view.tensor != d.tensor) continue;
        t.coefficient.numerator = WrappingProduct(t.coefficient.numerator, int64_t{1} << by);
        t.coefficient.shift = static_cast<uint8_t>(shift + by);
      }
      all.push_back(d);
    }
    for (int d = digits; d-- > 0;) {
      Tensor tensor;
      tensor.name = "more";
      tensor.shape = space;
      tensor.max = (1 << kBits) - 1;
      const auto id = static_cast<uint32_t>(m.circuit.tensors.size());
      m.circuit.tensors.push_back(tensor);
      View view{id, {}};
      for (uint32_t a = 0; a < space.size(); ++a) view.axes.push_back({0, {{a, 1}}});
      Expression cell;
      cell.terms.push_back({{1, 0}, view});
      m.circuit.lookups.push_back({"more", space, table, {cell}});
      Key(m, i).terms.push_back({{-(int64_t{1} << (kBits * d)), static_cast<uint8_t>(shift + by)}, view});
      all.insert(all.begin(), {id, kBits});
    }
    m.program.steps.at(i).digits = all;
  }

  void OfClamp(size_t i, const std::string& at) {
    if (!key_.program.steps[i].clamp.has_value()) return;
    const auto clamp = [=](PublicModel& m) -> CoarseClamp& { return m.program.steps.at(i).clamp.value(); };
    Add("program: no clamp", at, [=](PublicModel& m) {
      clamp(m);
      m.program.steps.at(i).clamp.reset();
    });
    Add("program: clamp swapped", at, [=](PublicModel& m) { std::swap(clamp(m).top, clamp(m).clamped); });
    Add("program: clamp bits", at, [=](PublicModel& m) { ++clamp(m).bits; });
    Add("program: clamp bits", at, [=](PublicModel& m) { --clamp(m).bits; });
    for (uint32_t t = 0; t < key_.circuit.tables.size(); ++t) {
      if (t == key_.program.steps[i].clamp->table) continue;
      Add("program: clamp table", at, [=](PublicModel& m) { clamp(m).table = t; });
    }
    Add("program: a clamp as digits", at, [=](PublicModel& m) {
      const CoarseClamp c = clamp(m);
      m.program.steps.at(i).digits.push_back({c.top, c.bits});
      m.program.steps.at(i).digits.push_back({c.clamped, c.bits});
      m.program.steps.at(i).clamp.reset();
    });
    Add("program: a clamped position as output", at, [=](PublicModel& m) {
      const CoarseClamp c = clamp(m);
      m.program.steps.at(i).clamp.reset();
      m.program.steps.at(i).outputs.at(0) = c.clamped;
    });
    // The tie goes, the rest stays consistent: the clamped position would be free.
    Add("program and circuit: no tie of the clamp", at, [=](PublicModel& m) {
      const CoarseClamp c = clamp(m);
      for (Lookup& l : m.circuit.lookups) {
        if (l.table == c.table && l.columns.at(0).terms.at(0).view.tensor == c.top) l.columns.at(1) = l.columns.at(0);
      }
    });
    Add("program and circuit: clamp of other bits", at, [=](PublicModel& m) {
      CoarseClamp& c = clamp(m);
      ++c.bits;
      for (ViewTerm& t : Key(m, i).terms) {
        t.coefficient.numerator =
            WrappingProduct(t.coefficient.numerator, t.view.tensor == c.top || t.view.tensor == c.clamped ? 2 : 1);
      }
      Table& table = m.circuit.tables.at(LookupOf(m, i).table);
      for (uint32_t j = 0; j < table.size; ++j) {
        table.values.at(0).at(j) = static_cast<int32_t>(WrappingSum(table.first_key, int64_t{j}) >> c.bits);
      }
    });
  }

  void OfOutput(size_t i, size_t c, const std::string& at) {
    const uint32_t was = key_.program.steps[i].outputs[c];
    const auto output = [=](PublicModel& m) -> uint32_t& { return m.program.steps.at(i).outputs.at(c); };
    if (was != kNoTensor) Add("program: no output", at, [=](PublicModel& m) { output(m) = kNoTensor; });
    for (const ViewTerm& term : key_.circuit.lookups[key_.program.steps[i].id].columns[c + 1].terms) {
      if (term.view.tensor == was) continue;
      Add("program: another output", at, [=](PublicModel& m) { output(m) = term.view.tensor; });
    }
    if (was == kNoTensor) return;
    Add("program: an output as digit", at, [=](PublicModel& m) {
      output(m) = kNoTensor;
      m.program.steps.at(i).digits.push_back({was, 8});
    });
    Add("program: an output as quotient", at, [=](PublicModel& m) {
      output(m) = kNoTensor;
      m.program.steps.at(i).quotient = CommittedQuotient{was, 8};
    });
    Add("program and circuit: an output in its own key", at, [=](PublicModel& m) {
      Expression& column = LookupOf(m, i).columns.at(c + 1);
      for (const ViewTerm& t : std::vector<ViewTerm>(column.terms)) {
        if (t.view.tensor == was) Key(m, i).terms.push_back(t);
      }
    });
    Add("program and circuit: an output cancelled", at, [=](PublicModel& m) {
      Expression& column = LookupOf(m, i).columns.at(c + 1);
      for (ViewTerm t : std::vector<ViewTerm>(column.terms)) {
        if (t.view.tensor != was) continue;
        t.coefficient.numerator = -1;
        column.terms.push_back(t);
      }
    });
    // The lookup that sets it goes over to a table without values.
    Add("program and circuit: an output's column deleted", at, [=](PublicModel& m) {
      output(m);
      Lookup& lookup = LookupOf(m, i);
      Table table = m.circuit.tables.at(lookup.table);
      table.values.erase(table.values.begin() + static_cast<ptrdiff_t>(c));
      lookup.columns.erase(lookup.columns.begin() + static_cast<ptrdiff_t>(c + 1));
      lookup.table = static_cast<uint32_t>(m.circuit.tables.size());
      m.circuit.tables.push_back(std::move(table));
      auto& outputs = m.program.steps.at(i).outputs;
      outputs.erase(outputs.begin() + static_cast<ptrdiff_t>(c));
    });
  }

  void OfPorts(const std::string& what, std::vector<ModelPort> PublicModel::* list) {
    for (size_t p = 0; p < (key_.*list).size(); ++p) {
      const std::string at = what + " " + std::to_string(p);
      const auto get = [=](PublicModel& m) -> ModelPort& { return (m.*list).at(p); };
      Add("port: deleted", at, [=](PublicModel& m) {
        get(m);
        (m.*list).erase((m.*list).begin() + static_cast<ptrdiff_t>(p));
      });
      Add("port: twice", at, [=](PublicModel& m) { (m.*list).push_back(ModelPort(get(m))); });
      Add("port: another for its tensor", at, [=](PublicModel& m) {
        (m.*list).push_back(ModelPort(get(m)));
        (m.*list).back().name += " too";
      });
      Add("port: no name", at, [=](PublicModel& m) { get(m).name.clear(); });
      Add("port: reshaped", at, [=](PublicModel& m) { get(m).shape.push_back(2); });
      // A decoy: the real tensor under another name, an unread one under its own.
      Add("port: a decoy", at, [=](PublicModel& m) {
        Tensor tensor = m.circuit.tensors.at(get(m).tensor);
        ModelPort port = get(m);
        port.tensor = static_cast<uint32_t>(m.circuit.tensors.size());
        get(m).name += " ";
        m.circuit.tensors.push_back(tensor);
        (m.*list).push_back(port);
        if (tensor.kind != TensorKind::kInput) return;
        for (Lookup l : std::vector<Lookup>(m.circuit.lookups)) {
          if (l.columns.size() != 1 || l.columns[0].terms.size() != 1) continue;
          if (l.columns[0].terms[0].view.tensor != get(m).tensor) continue;
          l.columns[0].terms[0].view.tensor = port.tensor;
          m.circuit.lookups.push_back(l);
        }
      });
      for (size_t q = 0; q < p; ++q) {
        Add("port: one name for two", at, [=](PublicModel& m) { get(m).name = (m.*list).at(q).name; });
        Add("port: tensors swapped", at, [=](PublicModel& m) { std::swap(get(m).tensor, (m.*list).at(q).tensor); });
      }
    }
  }

  const PublicModel& key_;
  std::vector<KeyMutation> list_;
};

}  // namespace provenn
