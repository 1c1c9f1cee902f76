// Ports of a key and tensors of a proof that do not belong: each is refused, with place and reason. An auditor knows
// inputs and outputs by name, so a second one of a name, or one more tensor than the model has, could be what is looked
// at while another is proved about.
#include <gmock/gmock.h>

#include <algorithm>

#include "api/test_session.h"
#include "relation/determinism.h"

namespace provenn {
namespace {

class PortTest : public TinySession {
 protected:
  // Why a key with this change is refused; empty if it is read.
  template <typename Change>
  std::string Refusal(Change change, Code code = Code::kRefusedKey) const {
    PublicModel model = model_;
    change(model);
    const auto read = DecodeVerifyingKey(EncodeVerifyingKey(model));
    if (read.ok()) return "";
    EXPECT_EQ(read.error().code, code) << read.error().ToString();
    return read.error().where + ": " + read.error().message;
  }

  uint32_t FirstOf(TensorKind kind) const {
    const auto& tensors = model_.circuit.tensors;
    const auto it = std::find_if(tensors.begin(), tensors.end(), [kind](const Tensor& t) { return t.kind == kind; });
    EXPECT_NE(it, tensors.end());
    return static_cast<uint32_t>(it - tensors.begin());
  }

  // A second input tensor, held to its range and read by nothing, with a port of that name.
  static void AddDecoy(PublicModel& m, const std::string& name) {
    Lookup range = m.circuit.lookups[CellRanges(m.circuit)[m.inputs[0].tensor]->lookup];
    m.circuit.tensors.push_back(m.circuit.tensors[m.inputs[0].tensor]);
    const auto decoy = static_cast<uint32_t>(m.circuit.tensors.size() - 1);
    range.columns[0].terms[0].view.tensor = decoy;
    m.circuit.lookups.push_back(range);
    m.inputs.push_back(m.inputs[0]);
    m.inputs.back().tensor = decoy;
    m.inputs.back().name = name;
  }
};

TEST_F(PortTest, TheKeyAsItIs) {
  EXPECT_EQ(Refusal([](PublicModel&) {}), "");
  // Names are unique among inputs and among outputs.
  EXPECT_EQ(Refusal([](PublicModel& m) { m.outputs[0].name = m.inputs[0].name; }), "");
}

TEST_F(PortTest, TwoOfOneName) {
  const std::string name = model_.inputs[0].name;
  const auto decoy = [&](PublicModel& m) { AddDecoy(m, name); };
  EXPECT_EQ(Refusal(decoy), "input '" + name + "': two ports of one name");
  // With the decoy first, where a reader of names would find it.
  EXPECT_EQ(Refusal([&](PublicModel& m) {
              AddDecoy(m, name);
              std::swap(m.inputs[0], m.inputs[1]);
            }),
            "input '" + name + "': two ports of one name");
  EXPECT_EQ(Refusal([](PublicModel& m) { m.outputs.push_back(m.outputs[0]); }),
            "output '" + model_.outputs[0].name + "': two ports of one name");
}

TEST_F(PortTest, AnInputThatNothingReads) {
  const auto reason = Refusal([](PublicModel& m) { AddDecoy(m, "decoy"); });
  EXPECT_EQ(reason, "input " + model_.circuit.tensors[model_.inputs[0].tensor].name + ": no output depends on it");
}

TEST_F(PortTest, TwoOfOneTensor) {
  EXPECT_EQ(Refusal([](PublicModel& m) {
              m.inputs.push_back(m.inputs[0]);
              m.inputs[1].name = "again";
            }),
            "input 'again': two ports of one tensor");
  EXPECT_EQ(Refusal([](PublicModel& m) {
              m.outputs.push_back(m.outputs[0]);
              m.outputs[1].name = "again";
            }),
            "output 'again': two ports of one tensor");
}

TEST_F(PortTest, NoName) {
  EXPECT_EQ(Refusal([](PublicModel& m) { m.inputs[0].name.clear(); }), "input '': has no name");
  EXPECT_EQ(Refusal([](PublicModel& m) { m.outputs[0].name.clear(); }), "output '': has no name");
}

TEST_F(PortTest, ATensorWithoutAPort) {
  const auto name = [&](uint32_t tensor) { return "tensor " + model_.circuit.tensors[tensor].name; };
  EXPECT_EQ(Refusal([](PublicModel& m) { m.inputs.clear(); }),
            name(model_.inputs[0].tensor) + ": an input or output tensor that no port names");
  EXPECT_EQ(Refusal([](PublicModel& m) { m.outputs.clear(); }),
            name(model_.outputs[0].tensor) + ": an input or output tensor that no port names");
}

// A port of a tensor that is no input, or no output, does not fit the circuit: the key is not one.
TEST_F(PortTest, APortOfAWrongTensor) {
  const std::string where = "port " + model_.inputs[0].name + ": does not fit the circuit";
  for (const uint32_t tensor : {FirstOf(TensorKind::kWeight), FirstOf(TensorKind::kWitness),
                                FirstOf(TensorKind::kOutput), static_cast<uint32_t>(model_.circuit.tensors.size())}) {
    EXPECT_EQ(Refusal([&](PublicModel& m) { m.inputs[0].tensor = tensor; }, Code::kCorrupt), where) << tensor;
  }
  EXPECT_EQ(Refusal([&](PublicModel& m) { m.outputs.push_back(m.inputs[0]); }, Code::kCorrupt), where);
  EXPECT_EQ(Refusal([](PublicModel& m) { ++m.inputs[0].shape.back(); }, Code::kCorrupt), where);
  EXPECT_EQ(Refusal([](PublicModel& m) { m.inputs[0].shape.push_back(2); }, Code::kCorrupt), where);
}

// A proof file lists exactly the circuit's inputs and outputs.
TEST_F(PortTest, StrayTensorsInAProof) {
  const ProveReport proved = Prove();
  ASSERT_TRUE(Verify(proved.file).accepted);
  const auto rejected = [&](const std::string& what, auto change) {
    ProofFile file = proved.file;
    change(file.tensors);
    std::sort(file.tensors.begin(), file.tensors.end(),
              [](const ProofTensor& a, const ProofTensor& b) { return a.tensor < b.tensor; });
    const auto again = DecodeProofFile(EncodeProofFile(file));
    ASSERT_TRUE(again.ok()) << what;
    const VerifyReport verdict = Verify(*again);
    ASSERT_FALSE(verdict.accepted) << what;
    EXPECT_EQ(verdict.reason, Reason::kPublicValue) << what;
    EXPECT_EQ(verdict.where, "the inputs and outputs of the proof are not those of the model") << what;
  };
  for (const uint32_t tensor : {FirstOf(TensorKind::kWeight), FirstOf(TensorKind::kWitness),
                                static_cast<uint32_t>(model_.circuit.tensors.size())}) {
    for (const bool hidden : {false, true}) {
      rejected("one more", [&](std::vector<ProofTensor>& t) { t.push_back({tensor, hidden, {}}); });
      rejected("instead of the input", [&](std::vector<ProofTensor>& t) { t[0].tensor = tensor; });
    }
  }
  rejected("none", [](std::vector<ProofTensor>& t) { t.clear(); });
  rejected("no input", [&](std::vector<ProofTensor>& t) {
    std::erase_if(t, [&](const ProofTensor& p) { return p.tensor == model_.inputs[0].tensor; });
  });
  // Twice the same, or out of order: no proof file.
  ProofFile twice = proved.file;
  twice.tensors.insert(twice.tensors.begin(), twice.tensors.front());
  const auto read = DecodeProofFile(EncodeProofFile(twice));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, Code::kCorrupt);
  EXPECT_THAT(read.error().message, testing::HasSubstr("not in ascending order"));
}

// What the caller expects is matched by name, too.
TEST_F(PortTest, ExpectationsOfNobodyOrOfOneTwice) {
  const ProveReport proved = Prove();
  const FloatTensor x = TestTensor("tiny/input.npy");
  const auto error = [&](const std::vector<NamedTensor>& inputs) {
    Expectations expect;
    expect.inputs = inputs;
    const auto report = VerifyAnswer(model_, proved.file, expect);
    EXPECT_FALSE(report.ok());
    return report.ok() ? std::string() : report.error().ToString();
  };
  const std::string name = model_.inputs[0].name;
  EXPECT_THAT(error({{name, x}, {name, x}}), testing::HasSubstr("'" + name + "' is given twice"));
  EXPECT_THAT(error({{"decoy", x}}), testing::HasSubstr("decoy"));
}

}  // namespace
}  // namespace provenn
