#include "api/reproduce.h"

#include <algorithm>

#include "api/build_model.h"

namespace provenn {
namespace {

using Found = std::optional<KeyDifference>;

template <typename T>
std::string TextOf(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (std::is_arithmetic_v<T>) {
    return std::to_string(value);
  } else {
    std::string text;
    for (const auto& item : value) text += (text.empty() ? "" : "x") + std::to_string(item);
    return text.empty() ? "none" : text;
  }
}

template <typename T>
Found Compare(const std::string& place, const T& one, const T& other) {
  if (one == other) return std::nullopt;
  return KeyDifference{place, TextOf(one), TextOf(other)};
}

// The first result that found something.
template <typename... Comparisons>
Found First(const Comparisons&... comparisons) {
  Found found;
  const auto next = [&](const auto& comparison) {
    if (!found.has_value()) found = comparison();
  };
  (next(comparisons), ...);
  return found;
}

std::string StepText(const Tensor& t) { return "2^" + std::to_string(-t.scale); }

Found CompareTensors(const std::string& place, const Tensor& one, const Tensor& other) {
  return First([&] { return Compare(place + ": name", one.name, other.name); },
               [&] { return Compare(place + ": kind", int(one.kind), int(other.kind)); },
               [&] { return Compare(place + ": shape", one.shape, other.shape); },
               [&] { return Compare(place + ": step", StepText(one), StepText(other)); },
               [&] { return Compare(place + ": lower bound", one.min, other.min); },
               [&] { return Compare(place + ": upper bound", one.max, other.max); },
               [&] { return Compare(place + ": outer axes", one.outer_axes, other.outer_axes); });
}

Found CompareTables(const std::string& place, const Table& one, const Table& other) {
  return First([&] { return Compare(place + ": name", one.name, other.name); },
               [&] { return Compare(place + ": first key", one.first_key, other.first_key); },
               [&] { return Compare(place + ": rows", one.size, other.size); },
               [&]() -> Found {
                 if (one.values == other.values) return std::nullopt;
                 return KeyDifference{place + ": contents", "", ""};
               });
}

template <typename T>
Found CompareWhole(const std::string& place, const T& one, const T& other) {
  if (one == other) return std::nullopt;
  return KeyDifference{place, "", ""};
}

std::string NameOf(const Tensor& t) { return "tensor " + t.name; }
std::string NameOf(const Table& t) { return "table " + t.name; }
std::string NameOf(const Lookup& l) { return "lookup " + l.name; }

template <typename T, typename CompareItems>
Found CompareLists(const std::string& what, const std::vector<T>& one, const std::vector<T>& other,
                   CompareItems compare) {
  for (size_t i = 0; i < std::min(one.size(), other.size()); ++i) {
    std::string place;
    if constexpr (std::is_same_v<T, Contraction>) {
      place = "contraction " + std::to_string(i);
    } else {
      place = NameOf(one[i]);
    }
    if (Found found = compare(place, one[i], other[i]); found.has_value()) return found;
  }
  return Compare("number of " + what, one.size(), other.size());
}

Found ComparePorts(const std::string& what, const std::vector<ModelPort>& one, const std::vector<ModelPort>& other) {
  for (size_t i = 0; i < std::min(one.size(), other.size()); ++i) {
    const std::string place = what + " " + one[i].name;
    Found found = First([&] { return Compare(place + ": name", one[i].name, other[i].name); },
                        [&] { return Compare(place + ": shape", one[i].shape, other[i].shape); },
                        [&] { return Compare(place + ": tensor", one[i].tensor, other[i].tensor); },
                        [&] { return Compare(place + ": order of axes", one[i].order, other[i].order); });
    if (found.has_value()) return found;
  }
  return Compare("number of " + what + "s", one.size(), other.size());
}

}  // namespace

Result<PublicModel> RebuildModelFile(const std::string& onnx_path, const std::vector<NamedTensor>& calibration,
                                     const ModelOptions& options, const WeightsSeed& seed, ProgressSink* progress,
                                     const ModelFormats* formats) {
  ASSIGN_OR_RETURN(const Graph graph, ImportOnnxFile(onnx_path, ImportWith(calibration)));
  ASSIGN_OR_RETURN(BuiltModel built, BuildModel(graph, calibration, options, seed, progress, formats));
  return std::move(built.model);
}

std::optional<KeyDifference> FirstDifference(const PublicModel& one, const PublicModel& other) {
  const Circuit& a = one.circuit;
  const Circuit& b = other.circuit;
  return First(
      [&] { return CompareLists("tensors", a.tensors, b.tensors, CompareTensors); },
      [&] { return CompareLists("tables", a.tables, b.tables, CompareTables); },
      [&] { return CompareLists("contractions", a.contractions, b.contractions, CompareWhole<Contraction>); },
      [&] { return CompareLists("lookups", a.lookups, b.lookups, CompareWhole<Lookup>); },
      [&] { return ComparePorts("input", one.inputs, other.inputs); },
      [&] { return ComparePorts("output", one.outputs, other.outputs); },
      [&] { return Compare("weights matrix: columns", one.weights.columns, other.weights.columns); },
      [&] { return Compare("weights matrix: log2 of its domain", one.weights.log_size, other.weights.log_size); },
      [&] {
        return Compare("weights root (other weights, or another seed)", ToHex(one.weights.root),
                       ToHex(other.weights.root));
      });
}

}  // namespace provenn
