#include "model/lower_value.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "model/interpreter_view.h"

namespace provenn {
namespace {

// The cells of a value in logical order, from a tensor that holds its own flat indices plus 1 (0: outside).
std::vector<int64_t> Cells(const StoredValue& value, const Shape& tensor_shape) {
  std::vector<int32_t> data(ElementCount(tensor_shape));
  std::iota(data.begin(), data.end(), 1);
  IndexSpace space;  // one axis per factor, in logical order
  space.axes.resize(value.axes.size());
  for (size_t d = 0; d < value.axes.size(); ++d) {
    for (const Factor& f : value.axes[d]) space.Append(d, f.size);
  }
  std::vector<int64_t> cells(space.Count(), 0);
  ViewRuns(*ViewOver(value, space), tensor_shape, space.sizes).Accumulate(data.data(), 1, 0, cells);
  return cells;
}

// A dense reference: shape and values.
struct Dense {
  Dims shape;
  std::vector<int64_t> data;

  template <typename Source>
  static Dense Make(const Dims& shape, const Source& source) {
    Dense d{shape, {}};
    const Dims strides = RowMajorStrides(shape);
    for (int64_t i = 0; i < ElementCount(shape); ++i) {
      Dims index;
      for (size_t a = 0; a < shape.size(); ++a) index.push_back(i / strides[a] % shape[a]);
      d.data.push_back(source(index));
    }
    return d;
  }
  int64_t At(const Dims& index) const {
    const Dims strides = RowMajorStrides(shape);
    int64_t flat = 0;
    for (size_t a = 0; a < shape.size(); ++a) {
      if (index[a] < 0 || index[a] >= shape[a]) return 0;
      flat += index[a] * strides[a];
    }
    return data[static_cast<size_t>(flat)];
  }
};

// Random chains of views: wherever a view can be expressed, it reads the right cells.
TEST(LowerValue, ChainsOfViewsReadTheRightCells) {
  std::mt19937 random(4);
  const auto below = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  size_t expressed = 0;
  for (int round = 0; round < 400; ++round) {
    const Dims shape{1, 6, 4, 10};
    const Shape tensor_shape{4, 10, 6};
    StoredValue value = CompactValue(0, shape, {2, 3, 1});
    Dense want{shape, Cells(value, tensor_shape)};
    for (int step = 0; step < 5; ++step) {
      const size_t rank = want.shape.size();
      std::optional<StoredValue> next;
      Dense dense;
      switch (below(4)) {
        case 0: {
          Dims permutation(rank);
          std::iota(permutation.begin(), permutation.end(), 0);
          std::shuffle(permutation.begin(), permutation.end(), random);
          next = TransposeValue(value, permutation);
          Dims to;
          for (int64_t p : permutation) to.push_back(want.shape[static_cast<size_t>(p)]);
          dense = Dense::Make(to, [&](const Dims& index) {
            Dims from(rank);
            for (size_t a = 0; a < rank; ++a) from[static_cast<size_t>(permutation[a])] = index[a];
            return want.At(from);
          });
          break;
        }
        case 1: {
          // Join two axes or split one.
          Dims to = want.shape;
          const size_t a = static_cast<size_t>(below(static_cast<int64_t>(rank)));
          if (a + 1 < rank && below(2) == 0) {
            to[a] *= to[a + 1];
            to.erase(to.begin() + static_cast<ptrdiff_t>(a) + 1);
          } else if (to[a] % 2 == 0) {
            to[a] /= 2;
            to.insert(to.begin() + static_cast<ptrdiff_t>(a) + (below(2) == 0 ? 1 : 0), 2);
          }
          next = ReshapeValue(value, to);
          dense = Dense{to, want.data};
          break;
        }
        case 2: {
          Dims starts;
          Dims steps;
          Dims to;
          for (int64_t size : want.shape) {
            const int64_t by = below(3) == 0 ? -1 : 1 + below(2);
            const int64_t start = by < 0 ? size - 1 : below(size);
            starts.push_back(start);
            steps.push_back(by);
            to.push_back(by < 0 ? size : (size - start + by - 1) / by);
          }
          next = SliceValue(value, starts, steps, to);
          dense = Dense::Make(to, [&](const Dims& index) {
            Dims from;
            for (size_t a = 0; a < rank; ++a) from.push_back(starts[a] + steps[a] * index[a]);
            return want.At(from);
          });
          break;
        }
        default: {
          Dims before(rank, 0);
          Dims after(rank, 0);
          const size_t a = static_cast<size_t>(below(static_cast<int64_t>(rank)));
          before[a] = below(3);
          after[a] = below(3);
          next = PadValue(value, before, after, tensor_shape);
          Dims to = want.shape;
          to[a] += before[a] + after[a];
          dense = Dense::Make(to, [&](const Dims& index) {
            Dims from = index;
            from[a] -= before[a];
            return want.At(from);
          });
        }
      }
      if (!next.has_value()) continue;
      ++expressed;
      value = *next;
      want = dense;
      ASSERT_EQ(value.LogicalShape(), want.shape);
      ASSERT_EQ(Cells(value, tensor_shape), want.data);
    }
  }
  EXPECT_GT(expressed, 1000u);
}

TEST(LowerValue, CommonSizes) {
  using Sizes = std::vector<uint32_t>;
  EXPECT_EQ(CommonSizes({6, 4}, {24}), (Sizes{6, 4}));
  EXPECT_EQ(CommonSizes({24}, {2, 12}), (Sizes{2, 12}));
  EXPECT_EQ(CommonSizes({6, 4}, {3, 8}), (Sizes{3, 2, 4}));
  EXPECT_EQ(CommonSizes({4, 6}, {3, 8}), std::nullopt);
  EXPECT_EQ(CommonSizes({4}, {8}), std::nullopt);
  EXPECT_EQ(CommonSizes({}, {}), Sizes{});
}

}  // namespace
}  // namespace provenn
