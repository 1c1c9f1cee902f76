#include "relation/contraction.h"

#include <algorithm>

#include "base/check.h"
#include "base/parallel.h"
#include "relation/dot_product.h"

// A contraction is a batched matrix product in disguise. Its output axes fall into four sets by the operands that use
// them: both ("batch"), left only ("rows"), right only ("columns"), neither ("copies"). For a fixed batch and row index
// the left operand is a vector over k, for a fixed batch and column index the right operand is one. Left vectors are
// gathered once, unless they lie contiguously in the tensor (weights do); right vectors are gathered for a few columns
// at a time (the convolution's window) and multiplied with every left row while they are in cache.

namespace provenn {
namespace {

// The index tuples of some axes of a space, flattened row-major, and where each leads.
struct Combinations {
  size_t count = 1;
  std::vector<size_t> axes;  // of the space
};

Combinations Choose(const Shape& space, const std::vector<size_t>& axes) {
  Combinations c;
  c.axes = axes;
  for (size_t a : axes) c.count *= space[a];
  return c;
}

// Row-major strides.
std::vector<int64_t> Strides(const Shape& shape, size_t rank) {
  std::vector<int64_t> strides(rank, 1);
  for (size_t a = rank; a-- > 1;) strides[a - 1] = strides[a] * shape[a];
  return strides;
}

// Reads vectors over k of one operand.
class Operand {
 public:
  Operand(const Circuit& circuit, const View& view, const Shape& space, size_t out_rank, const int32_t* data)
      : data_(data), shape_(circuit.tensors[view.tensor].shape), view_(view) {
    strides_ = Strides(shape_, shape_.size());
    uses_.assign(space.size(), false);
    for (const AxisMap& map : view.axes) {
      for (const AxisStep& step : map.steps) uses_[step.axis] = true;
    }
    std::vector<size_t> k_axes;
    for (size_t a = out_rank; a < space.size(); ++a) k_axes.push_back(a);
    IndexSums(space, k_axes);
    for (size_t a = 0; a < shape_.size(); ++a) {
      int64_t low = view.axes[a].offset;
      int64_t high = low;
      for (const AxisStep& step : view.axes[a].steps) {
        const int64_t reach = static_cast<int64_t>(step.stride) * (space[step.axis] - 1);
        (reach < 0 ? low : high) += reach;
      }
      always_inside_ &= low >= 0 && high < static_cast<int64_t>(shape_[a]);
    }
  }

  bool Uses(size_t axis) const { return uses_[axis]; }
  // Every vector lies in the tensor as it is: none is gathered.
  bool InPlace() const { return contiguous_ && always_inside_; }
  size_t size() const { return k_flat_.size(); }

  // Index along each tensor axis for an index of the output axes (k = 0).
  void Locate(const std::vector<uint32_t>& out_index, std::vector<int64_t>* at) const {
    at->resize(shape_.size());
    for (size_t a = 0; a < shape_.size(); ++a) {
      int64_t index = view_.axes[a].offset;
      for (const AxisStep& step : view_.axes[a].steps) {
        if (step.axis < out_index.size()) index += static_cast<int64_t>(step.stride) * out_index[step.axis];
      }
      (*at)[a] = index;
    }
  }

  // The vector at that place: a pointer into the tensor where it lies there as it is, else gathered into `buffer`.
  const int32_t* Vector(const std::vector<int64_t>& at, int32_t* buffer) const {
    bool inside = true;
    int64_t base = 0;
    for (size_t a = 0; a < shape_.size(); ++a) {
      inside &= at[a] + k_min_[a] >= 0 && at[a] + k_max_[a] < static_cast<int64_t>(shape_[a]);
      base += at[a] * strides_[a];
    }
    const size_t n = k_flat_.size();
    if (inside) {
      if (contiguous_) return data_ + base;
      const int32_t* from = data_ + base;
      for (size_t k = 0; k < n; ++k) buffer[k] = from[k_flat_[k]];
      return buffer;
    }
    const size_t rank = shape_.size();
    for (size_t k = 0; k < n; ++k) {
      bool valid = true;
      for (size_t a = 0; a < rank; ++a) {
        valid &= static_cast<uint64_t>(at[a] + k_part_[k * rank + a]) < shape_[a];
      }
      buffer[k] = valid ? data_[base + k_flat_[k]] : 0;
    }
    return buffer;
  }

 private:
  // For every k: what it adds to the index along each tensor axis and to the flat index.
  void IndexSums(const Shape& space, const std::vector<size_t>& k_axes) {
    size_t n = 1;
    for (size_t a : k_axes) n *= space[a];
    const size_t rank = shape_.size();
    // stride[axis of the space][tensor axis]
    std::vector<std::vector<int64_t>> stride(space.size(), std::vector<int64_t>(rank, 0));
    for (size_t a = 0; a < rank; ++a) {
      for (const AxisStep& step : view_.axes[a].steps) stride[step.axis][a] = step.stride;
    }
    k_flat_.resize(n);
    k_part_.assign(n * rank, 0);
    k_min_.assign(rank, INT64_MAX);
    k_max_.assign(rank, INT64_MIN);
    std::vector<uint32_t> index(space.size(), 0);
    std::vector<int64_t> part(rank, 0);
    contiguous_ = true;
    for (size_t k = 0; k < n; ++k) {
      int64_t flat = 0;
      for (size_t a = 0; a < rank; ++a) {
        k_part_[k * rank + a] = part[a];
        k_min_[a] = std::min(k_min_[a], part[a]);
        k_max_[a] = std::max(k_max_[a], part[a]);
        flat += part[a] * strides_[a];
      }
      k_flat_[k] = flat;
      contiguous_ &= flat == static_cast<int64_t>(k);
      for (size_t i = k_axes.size(); i-- > 0;) {
        const size_t axis = k_axes[i];
        if (++index[axis] < space[axis]) {
          for (size_t a = 0; a < rank; ++a) part[a] += stride[axis][a];
          break;
        }
        for (size_t a = 0; a < rank; ++a) part[a] -= stride[axis][a] * (space[axis] - 1);
        index[axis] = 0;
      }
    }
  }

  const int32_t* data_;
  const Shape& shape_;
  const View& view_;
  std::vector<int64_t> strides_;
  std::vector<bool> uses_;
  std::vector<int64_t> k_flat_;
  std::vector<int64_t> k_part_;  // [k][tensor axis]
  std::vector<int64_t> k_min_;
  std::vector<int64_t> k_max_;
  bool contiguous_ = true;
  bool always_inside_ = true;
};

// Sets the axes of `c` in `index` to the combination of that number; returns what they add to the output's flat index.
int64_t Place(const Combinations& c, const Shape& space, const std::vector<int64_t>& out_strides, size_t number,
              std::vector<uint32_t>* index) {
  int64_t flat = 0;
  for (size_t i = c.axes.size(); i-- > 0;) {
    const size_t axis = c.axes[i];
    const uint32_t at = static_cast<uint32_t>(number % space[axis]);
    number /= space[axis];
    (*index)[axis] = at;
    flat += at * out_strides[axis];
  }
  return flat;
}

// sum over k of the operand, for every output index.
void PlainSums(const Operand& operand, const Shape& space, size_t out_rank, SecretVector<int64_t>* out) {
  const std::vector<int64_t> out_strides = Strides(space, out_rank);
  std::vector<size_t> used;
  std::vector<size_t> copies;
  for (size_t a = 0; a < out_rank; ++a) (operand.Uses(a) ? used : copies).push_back(a);
  const Combinations rows = Choose(space, used);
  const Combinations repeats = Choose(space, copies);
  SecretVector<int64_t> sums(rows.count);
  ParallelFor(rows.count, 1 + 65536 / operand.size(), [&](size_t begin, size_t end) {
    std::vector<uint32_t> index(out_rank, 0);
    std::vector<int64_t> at;
    SecretVector<int32_t> buffer(operand.size());
    for (size_t r = begin; r < end; ++r) {
      Place(rows, space, out_strides, r, &index);
      operand.Locate(index, &at);
      const int32_t* v = operand.Vector(at, buffer.data());
      int64_t sum = 0;
      for (size_t k = 0; k < operand.size(); ++k) sum += v[k];
      sums[r] = sum;
    }
  });
  std::vector<int64_t> row_at(rows.count);
  std::vector<uint32_t> index(out_rank, 0);
  for (size_t r = 0; r < rows.count; ++r) row_at[r] = Place(rows, space, out_strides, r, &index);
  ParallelFor(repeats.count, 1 + 65536 / rows.count, [&](size_t begin, size_t end) {
    std::vector<uint32_t> at(out_rank, 0);
    for (size_t c = begin; c < end; ++c) {
      int64_t* base = out->data() + Place(repeats, space, out_strides, c, &at);
      for (size_t r = 0; r < rows.count; ++r) base[row_at[r]] = sums[r];
    }
  });
}

class Product {
 public:
  Product(const Operand& left, const Operand& right, const Shape& space, size_t out_rank, SecretVector<int64_t>* out)
      : left_(left), right_(right), space_(space), out_rank_(out_rank), out_(out) {
    out_strides_ = Strides(space, out_rank);
    std::vector<size_t> sets[4];
    for (size_t a = 0; a < out_rank; ++a) {
      sets[(left.Uses(a) ? 1u : 0u) + (right.Uses(a) ? 2u : 0u)].push_back(a);
    }
    copies_ = Choose(space, sets[0]);
    rows_ = Choose(space, sets[1]);
    columns_ = Choose(space, sets[2]);
    batch_ = Choose(space, sets[3]);
  }

  void Run() {
    GatherLeft();
    const size_t k = left_.size();
    const size_t column_tiles = (columns_.count + kDotTile - 1) / kDotTile;
    // Rows are cut as well where the columns alone would leave cores idle (fully connected layers).
    size_t row_step = rows_.count;
    const size_t wanted = 4 * ThreadCount();
    if (column_tiles * batch_.count < wanted) {
      row_step = std::max<size_t>(8, (rows_.count + wanted - 1) / wanted);
    }
    const size_t row_tiles = (rows_.count + row_step - 1) / row_step;
    const size_t work = kDotTile * k * (1 + std::min(row_step, rows_.count));
    ParallelFor(column_tiles * batch_.count * row_tiles, 1 + (1 << 17) / work, [&](size_t begin, size_t end) {
      Scratch scratch;
      scratch.index.assign(out_rank_, 0);
      scratch.buffer.resize(kDotTile * k);
      for (size_t t = begin; t < end; ++t) {
        const size_t row_tile = t % row_tiles;
        const size_t b = t / row_tiles % batch_.count;
        const size_t column_tile = t / row_tiles / batch_.count;
        const size_t from = row_tile * row_step;
        Tile(b, column_tile * kDotTile, from, std::min(rows_.count, from + row_step), &scratch);
      }
    });
    Repeat();
  }

 private:
  struct Scratch {
    std::vector<uint32_t> index;
    std::vector<int64_t> at;
    SecretVector<int32_t> buffer;
  };

  void GatherLeft() {
    const size_t k = left_.size();
    const size_t n = batch_.count * rows_.count;
    left_vectors_.resize(n);
    row_at_.resize(rows_.count);
    std::vector<uint32_t> index(out_rank_, 0);
    for (size_t r = 0; r < rows_.count; ++r) row_at_[r] = Place(rows_, space_, out_strides_, r, &index);
    if (!left_.InPlace()) packed_.resize(n * k);
    ParallelFor(n, 1 + 65536 / k, [&](size_t begin, size_t end) {
      std::vector<uint32_t> out_index(out_rank_, 0);
      std::vector<int64_t> at;
      for (size_t i = begin; i < end; ++i) {
        Place(batch_, space_, out_strides_, i / rows_.count, &out_index);
        Place(rows_, space_, out_strides_, i % rows_.count, &out_index);
        left_.Locate(out_index, &at);
        left_vectors_[i] = left_.Vector(at, packed_.empty() ? nullptr : packed_.data() + i * k);
      }
    });
  }

  // Rows [row_begin, row_end) times a tile of columns.
  void Tile(size_t b, size_t column, size_t row_begin, size_t row_end, Scratch* s) const {
    const size_t k = right_.size();
    const int64_t batch_at = Place(batch_, space_, out_strides_, b, &s->index);
    const size_t width = std::min(kDotTile, columns_.count - column);
    const int32_t* vectors[kDotTile];
    int64_t* to[kDotTile];
    for (size_t j = 0; j < width; ++j) {
      to[j] = out_->data() + batch_at + Place(columns_, space_, out_strides_, column + j, &s->index);
      right_.Locate(s->index, &s->at);
      vectors[j] = right_.Vector(s->at, s->buffer.data() + j * k);
    }
    const int32_t* const* lefts = left_vectors_.data() + b * rows_.count;
    if (width == kDotTile && k >= 16) {
      int64_t sums[kDotTile];
      for (size_t r = row_begin; r < row_end; ++r) {
        DotTile(lefts[r], vectors, k, sums);
        for (size_t j = 0; j < kDotTile; ++j) to[j][row_at_[r]] = sums[j];
      }
      return;
    }
    for (size_t j = 0; j < width; ++j) {
      for (size_t r = row_begin; r < row_end; ++r) {
        int64_t sum = 0;
        if (k >= 16) {
          sum = Dot(lefts[r], vectors[j], k);
        } else {
          for (size_t i = 0; i < k; ++i) sum += static_cast<int64_t>(lefts[r][i]) * vectors[j][i];
        }
        to[j][row_at_[r]] = sum;
      }
    }
  }

  // Copies what was computed at index 0 of the axes that neither operand uses to their other indices.
  void Repeat() {
    if (copies_.count == 1) return;
    std::vector<size_t> others;
    for (const Combinations* c : {&rows_, &columns_, &batch_}) {
      others.insert(others.end(), c->axes.begin(), c->axes.end());
    }
    const Combinations rest = Choose(space_, others);
    ParallelFor(rest.count, 1 + 65536 / copies_.count, [&](size_t begin, size_t end) {
      std::vector<uint32_t> index(out_rank_, 0);
      for (size_t i = begin; i < end; ++i) {
        const int64_t base = Place(rest, space_, out_strides_, i, &index);
        const int64_t value = (*out_)[static_cast<size_t>(base)];
        for (size_t c = 1; c < copies_.count; ++c) {
          (*out_)[static_cast<size_t>(base + Place(copies_, space_, out_strides_, c, &index))] = value;
        }
      }
    });
  }

  const Operand& left_;
  const Operand& right_;
  const Shape& space_;
  const size_t out_rank_;
  SecretVector<int64_t>* out_;
  std::vector<int64_t> out_strides_;
  Combinations copies_, rows_, columns_, batch_;
  std::vector<const int32_t*> left_vectors_;  // [batch][row]
  SecretVector<int32_t> packed_;
  std::vector<int64_t> row_at_;
};

}  // namespace

SecretVector<int64_t> EvaluateContraction(const Circuit& circuit, const Contraction& contraction,
                                          const Assignment& assignment) {
  const Shape& space = contraction.space;
  const size_t out_rank = contraction.out_rank;
  size_t n = 1;
  for (size_t a = 0; a < out_rank; ++a) n *= space[a];
  SecretVector<int64_t> out(n, 0);
  const Operand left(circuit, contraction.left, space, out_rank, assignment.tensors[contraction.left.tensor].data());
  if (!contraction.right.has_value()) {
    PlainSums(left, space, out_rank, &out);
    return out;
  }
  const Operand right(circuit, *contraction.right, space, out_rank,
                      assignment.tensors[contraction.right->tensor].data());
  Product(left, right, space, out_rank, &out).Run();
  return out;
}

}  // namespace provenn
