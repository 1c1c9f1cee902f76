#include "api/reproduce.h"

#include <gmock/gmock.h>

#include "api/test_session.h"

namespace provenn {
namespace {

TEST_F(TinySession, RebuildingGivesTheCommittedModel) {
  const auto rebuild = [&](ModelOptions options, uint8_t seed) {
    const auto model = RebuildModelFile(kTestData + "tiny/model.onnx", {{"", TestTensor("tiny/calibration.npy")}},
                                        options, WeightsSeed{seed}, nullptr);
    EXPECT_TRUE(model.ok());
    return model.ok() ? *model : PublicModel{};
  };
  const PublicModel same = rebuild({}, 1);
  EXPECT_EQ(same.model_id, model_.model_id);
  EXPECT_FALSE(FirstDifference(model_, same).has_value());
  const PublicModel other_seed = rebuild({}, 2);
  ASSERT_TRUE(FirstDifference(model_, other_seed).has_value());
  EXPECT_EQ(FirstDifference(model_, other_seed)->place, "weights root (other weights, or another seed)");
  const PublicModel other_bits = rebuild(ModelOptions{10, false}, 1);
  ASSERT_TRUE(FirstDifference(model_, other_bits).has_value());
  EXPECT_THAT(FirstDifference(model_, other_bits)->place, testing::StartsWith("tensor "));
}

// Whatever makes another id has a place.
TEST_F(TinySession, EveryDifferenceHasItsPlace) {
  const auto place = [&](auto change) {
    PublicModel other = model_;
    change(other);
    other.Seal();
    EXPECT_NE(other.model_id, model_.model_id);
    const auto found = FirstDifference(model_, other);
    EXPECT_TRUE(found.has_value());
    return found.has_value() ? found->place : std::string();
  };
  using testing::EndsWith;
  using testing::StartsWith;
  EXPECT_THAT(place([](PublicModel& m) { m.circuit.tensors[0].name += "x"; }), EndsWith(": name"));
  EXPECT_THAT(place([](PublicModel& m) { m.circuit.tensors[1].max += 1; }), EndsWith(": upper bound"));
  EXPECT_THAT(place([](PublicModel& m) { m.circuit.tensors[1].min -= 1; }), EndsWith(": lower bound"));
  EXPECT_THAT(place([](PublicModel& m) { m.circuit.tensors[1].scale += 1; }), EndsWith(": step"));
  EXPECT_THAT(place([](PublicModel& m) { m.circuit.tensors[1].shape.push_back(1); }), EndsWith(": shape"));
  EXPECT_THAT(place([](PublicModel& m) { m.circuit.tensors[1].outer_axes += 1; }), EndsWith(": outer axes"));
  EXPECT_THAT(place([](PublicModel& m) { m.circuit.tensors[0].kind = TensorKind::kWitness; }), EndsWith(": kind"));
  EXPECT_EQ(place([](PublicModel& m) { m.circuit.tensors.pop_back(); }), "number of tensors");
  EXPECT_THAT(place([](PublicModel& m) { m.circuit.tables[0].first_key += 1; }), EndsWith(": first key"));
  EXPECT_THAT(place([](PublicModel& m) { m.circuit.tables[0].name += "x"; }), EndsWith(": name"));
  EXPECT_THAT(place([](PublicModel& m) {
                for (Table& t : m.circuit.tables) {
                  if (!t.values.empty()) t.values[0][0] += 1;
                }
              }),
              EndsWith(": contents"));
  EXPECT_EQ(place([](PublicModel& m) { m.circuit.contractions[0].left.axes[0].offset += 1; }), "contraction 0");
  EXPECT_THAT(place([](PublicModel& m) { m.circuit.lookups[0].columns[0].constant.numerator += 1; }),
              StartsWith("lookup "));
  EXPECT_EQ(place([](PublicModel& m) { m.circuit.lookups.pop_back(); }), "number of lookups");
  EXPECT_EQ(place([](PublicModel& m) { m.inputs[0].name = "z"; }), "input x: name");
  EXPECT_EQ(place([](PublicModel& m) { m.outputs[0].shape.push_back(1); }), "output y: shape");
  EXPECT_EQ(place([](PublicModel& m) { m.outputs.push_back(m.outputs[0]); }), "number of outputs");
  EXPECT_EQ(place([](PublicModel& m) { m.weights.columns *= 2; }), "weights matrix: columns");
  EXPECT_EQ(place([](PublicModel& m) { m.weights.log_size += 1; }), "weights matrix: log2 of its domain");
  EXPECT_EQ(place([](PublicModel& m) { m.weights.root[0] ^= 1; }), "weights root (other weights, or another seed)");
}

}  // namespace
}  // namespace provenn
