#include "model/quantise.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>

#include "model/deterministic_math.h"

namespace provenn {
namespace {

// Room beyond what calibration saw.
constexpr double kMargin = 1.25;
constexpr int32_t kMaxScale = 24;
constexpr int32_t kMinScale = -30;

std::string Hex(double x) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(std::bit_cast<uint64_t>(x)));
  return text;
}

std::string NodeSignature(const GraphNode& node) {
  std::string text(OpName(node.op));
  if (node.op == Op::kLeakyRelu) text += Hex(static_cast<double>(node.As<LeakyReluAttributes>().alpha));
  if (node.op == Op::kClip) {
    const auto& clip = node.As<ClipAttributes>();
    text += Hex(static_cast<double>(clip.min)) + Hex(static_cast<double>(clip.max));
  }
  if (node.op == Op::kHardSigmoid) {
    const auto& hard = node.As<HardSigmoidAttributes>();
    text += Hex(static_cast<double>(hard.alpha)) + Hex(static_cast<double>(hard.beta));
  }
  return text;
}

bool NodeKeepsScale(const GraphNode& node) {
  switch (node.op) {
    case Op::kRelu:
    case Op::kClip:
      return true;
    case Op::kLeakyRelu: {
      const float alpha = node.As<LeakyReluAttributes>().alpha;
      return alpha >= 0 && alpha <= 1;
    }
    default:
      return false;
  }
}

}  // namespace

Unary UnaryFunction::Identity() { return Unary(new UnaryFunction()); }

Unary UnaryFunction::Apply(const GraphNode& node, Unary inner) {
  auto* f = new UnaryFunction();
  f->kind_ = Kind::kNode;
  f->node_.op = node.op;
  f->node_.attributes = node.attributes;
  f->keeps_scale_ = inner->keeps_scale_ && NodeKeepsScale(node);
  f->signature_ = NodeSignature(node) + "(" + inner->signature_ + ")";
  f->a_ = std::move(inner);
  return Unary(f);
}

Unary UnaryFunction::Affine(double scale, double shift, Unary inner) {
  auto* f = new UnaryFunction();
  f->kind_ = Kind::kAffine;
  f->scale_ = scale;
  f->shift_ = shift;
  f->keeps_scale_ = false;
  f->signature_ = "Affine" + Hex(scale) + Hex(shift) + "(" + inner->signature_ + ")";
  f->a_ = std::move(inner);
  return Unary(f);
}

Unary UnaryFunction::Combine(Op op, Unary a, Unary b) {
  PROVENN_CHECK(op == Op::kAdd || op == Op::kSub || op == Op::kMul);
  auto* f = new UnaryFunction();
  f->kind_ = Kind::kCombine;
  f->node_.op = op;
  f->keeps_scale_ = false;
  f->signature_ = std::string(OpName(op)) + "(" + a->signature_ + "," + b->signature_ + ")";
  f->a_ = std::move(a);
  f->b_ = std::move(b);
  return Unary(f);
}

double UnaryFunction::operator()(double x) const {
  switch (kind_) {
    case Kind::kIdentity:
      return x;
    case Kind::kNode:
      return EvaluateFunction(node_, (*a_)(x));
    case Kind::kAffine:
      return (*a_)(x)*scale_ + shift_;
    case Kind::kCombine: {
      const double a = (*a_)(x);
      const double b = (*b_)(x);
      return node_.op == Op::kAdd ? a + b : node_.op == Op::kSub ? a - b : a * b;
    }
  }
  return x;
}

bool UnaryFunction::IsNonNegative(bool argument_is) const {
  switch (kind_) {
    case Kind::kIdentity:
      return argument_is;
    case Kind::kAffine:
      return scale_ >= 0 && shift_ >= 0 && a_->IsNonNegative(argument_is);
    case Kind::kCombine:
      return node_.op != Op::kSub && a_->IsNonNegative(argument_is) && b_->IsNonNegative(argument_is);
    case Kind::kNode:
      break;
  }
  if (Bounds().low >= 0) return true;
  if (node_.op == Op::kClip && node_.As<ClipAttributes>().max < 0) return false;
  const bool keeps_sign = node_.op == Op::kRelu || node_.op == Op::kLeakyRelu || node_.op == Op::kClip ||
                          node_.op == Op::kTanh || node_.op == Op::kHardSwish;
  return keeps_sign && a_->IsNonNegative(argument_is);
}

Range UnaryFunction::Bounds() const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (kind_ != Kind::kNode) return {-kInfinity, kInfinity};
  switch (node_.op) {
    case Op::kSigmoid:
    case Op::kHardSigmoid:
      return {0, 1};
    case Op::kTanh:
      return {-1, 1};
    case Op::kRelu: {
      const Range inner = a_->Bounds();
      return {std::max(inner.low, 0.0), std::max(inner.high, 0.0)};
    }
    case Op::kClip: {
      const auto& clip = node_.As<ClipAttributes>();
      return {static_cast<double>(clip.min), static_cast<double>(clip.max)};
    }
    default:
      return {-kInfinity, kInfinity};
  }
}

double Scaled(double x, int e) {
  const auto power = [](int k) { return std::bit_cast<double>(static_cast<uint64_t>(k + 1023) << 52); };
  return x * power(e);
}

int64_t RoundToInteger(double x, int64_t min, int64_t max) {
  const double r = x < 0 ? x - 0.5 : x + 0.5;
  if (!(r > static_cast<double>(min))) return min;
  if (r >= static_cast<double>(max)) return max;
  return static_cast<int64_t>(r);
}

int CeilLog2(double x) {
  int e = -1000;
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  e = static_cast<int>((bits >> 52) & 0x7ff) - 1023;
  return (bits & ((uint64_t{1} << 52) - 1)) == 0 ? e : e + 1;
}

int BitLength(uint64_t x) { return 64 - std::countl_zero(x); }

namespace {

// Largest scale at which `magnitude` stays within `limit`.
int32_t ScaleWithin(double magnitude, double limit) {
  if (!(magnitude > 0)) return kMaxScale;
  int32_t scale = std::clamp(CeilLog2(limit / magnitude), kMinScale, kMaxScale);
  while (scale > kMinScale && Scaled(magnitude, scale) > limit) --scale;
  return scale;
}

// The domain of a function's table, which is public: the calibrated range with a margin, rounded outward to eighths of
// the power of two above its width (of a single value: above its magnitude). A table tells no more of the range.
Range WidenedDomain(const Range& range) {
  const double margin = (range.high - range.low) * (kMargin - 1) / 2;
  const Range wide{range.low - margin, range.high + margin};
  const double size = wide.high > wide.low ? wide.high - wide.low : std::abs(wide.low);
  if (!(size > 0)) return wide;
  const int unit = CeilLog2(size) - 3;
  return {Scaled(std::floor(Scaled(wide.low, -unit)), unit), Scaled(std::ceil(Scaled(wide.high, -unit)), unit)};
}

// Least and largest value of f over the power of two above `magnitude`, with either sign.
Range RangeBothWays(const UnaryFunction& f, double magnitude) {
  constexpr int kSteps = 1 << 12;
  const double reach = magnitude > 0 ? Scaled(1, CeilLog2(magnitude)) : 1;
  Range range{f(0), f(0)};
  for (int i = 1; i <= kSteps; ++i) {
    range.Include(f(reach * i / kSteps));
    range.Include(f(-reach * i / kSteps));
  }
  return range;
}

}  // namespace

OutputFormat ChooseFormat(const UnaryFunction& f, const Range& argument, const Range& result, int bits,
                          bool non_negative, std::optional<int32_t> fixed_scale) {
  const Range domain = WidenedDomain(argument);
  non_negative = f.IsNonNegative(non_negative);
  OutputFormat format;
  // A sixteenth of the range is left out, so that a saturating table, with its rows for keys on either side, still has
  // at most 2^bits rows.
  const int64_t room = int64_t{1} << (bits - 4);
  format.min = non_negative ? 0 : -(int64_t{1} << (bits - 1)) + room / 2;
  format.max = (int64_t{1} << (non_negative ? bits : bits - 1)) - (non_negative ? room : room / 2) - 1;
  double magnitude = kMargin * std::max(-result.low, result.high);
  // A function that is bounded anyway: calibration may have seen a small part of its range.
  const Range bounds = f.Bounds();
  const double bound = std::max(-bounds.low, bounds.high);
  if (bound <= 1 || bound <= 4 * magnitude) magnitude = bound;
  format.scale = fixed_scale.value_or(ScaleWithin(magnitude, static_cast<double>(format.max)));
  // Keys: about 2^(bits+1) of them over the domain, unless the function follows its argument step by step.
  const int64_t wanted = (int64_t{1} << (bits + 1)) - 2 * room;
  format.key_scale = format.scale;
  if (!f.KeepsScale()) {
    format.key_scale = std::min(ScaleWithin(domain.high - domain.low, static_cast<double>(wanted)), format.scale + 2);
  }
  FunctionTable table;
  int64_t last = 0;
  if (f.KeepsScale()) {
    table.first = -wanted;
    last = wanted;
  } else {
    table.first = RoundToInteger(Scaled(domain.low, format.key_scale), -(int64_t{1} << 29), int64_t{1} << 29);
    last = RoundToInteger(Scaled(domain.high, format.key_scale), -(int64_t{1} << 29), int64_t{1} << 29);
    // Beyond the coarsest scale values saturate.
    if (last - table.first > 2 * wanted) {
      table.first = std::clamp(table.first, -wanted, wanted);
      last = std::clamp(last, table.first, table.first + wanted);
    }
    const int64_t grow = std::max<int64_t>(0, (wanted - (last - table.first)) / 2);
    table.first -= grow;
    last += grow;
  }
  for (int64_t key = table.first; key <= last; ++key) {
    const double y = f(Scaled(static_cast<double>(key), -format.key_scale));
    table.values.push_back(static_cast<int32_t>(RoundToInteger(Scaled(y, format.scale), format.min, format.max)));
  }
  format.table = Canonical(std::move(table));
  // What the function can give on either side of 0, not what it gives on the calibrated side alone.
  const Range reach = RangeBothWays(f, std::max(-domain.low, domain.high));
  const auto rounded = [&](double y) { return RoundToInteger(Scaled(y, format.scale), format.min, format.max); };
  format.min = std::min<int64_t>(rounded(reach.low), format.table.Min());
  format.max = std::max<int64_t>(rounded(reach.high), format.table.Max());
  return format;
}

int32_t LargestScale(std::span<const float> values, int64_t max_magnitude) {
  double magnitude = 0;
  for (float v : values) magnitude = std::max(magnitude, v < 0 ? -static_cast<double>(v) : static_cast<double>(v));
  return ScaleWithin(magnitude, static_cast<double>(max_magnitude));
}

int32_t Quantise(double value, int32_t scale) {
  return static_cast<int32_t>(RoundToInteger(Scaled(value, scale), INT32_MIN, INT32_MAX));
}

}  // namespace provenn
