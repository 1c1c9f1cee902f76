#include "bench_case.h"

#include <functional>
#include <map>

#include "api/benchmark_models.h"
#include "base/file.h"

namespace provenn::cli {
namespace {

constexpr uint64_t kMaxModelFileBytes = uint64_t{1} << 31;

Result<BenchCase> LeNet(const std::string& examples) {
  BenchCase c;
  const std::string folder = examples + "/lenet";
  ASSIGN_OR_RETURN(c.onnx, ReadFile(folder + "/model.onnx", kMaxModelFileBytes));
  ASSIGN_OR_RETURN(c.calibration, ReadFloatTensorFile(folder + "/calibration.npy"));
  ASSIGN_OR_RETURN(c.input, ReadFloatTensorFile(folder + "/input.npy"));
  c.repeat = 15;
  return c;
}

// 256 images of the calibration data, which start again where they end.
Result<BenchCase> LeNetBatch(const std::string& examples) {
  ASSIGN_OR_RETURN(BenchCase c, LeNet(examples));
  c.batch = 256;
  c.repeat = 5;
  const std::vector<float>& images = c.calibration.data;
  const size_t size = c.input.data.size() * c.batch;
  c.input.shape[0] = c.batch;
  c.input.data.resize(size);
  for (size_t i = 0; i < size; ++i) c.input.data[i] = images[i % images.size()];
  return c;
}

Result<BenchCase> Random(provenn::Bytes onnx, const Dims& image, int64_t samples, bool normalised, int repeat) {
  BenchCase c;
  c.onnx = std::move(onnx);
  Dims calibration = image;
  calibration[0] = samples;
  c.calibration = RandomImage(calibration, normalised, "calibration");
  c.input = samples == 1 ? c.calibration : RandomImage(image, normalised, "input");
  c.repeat = repeat;
  return c;
}

Result<BenchCase> Age(const std::string& examples) {
  ASSIGN_OR_RETURN(provenn::Bytes onnx, ReadFile(examples + "/models/age_gender_embedding.onnx", kMaxModelFileBytes));
  return Random(std::move(onnx), {1, 3, 224, 224}, 1, false, 3);
}

}  // namespace

const std::vector<std::string> kBenchCases = {"lenet", "vgg16", "age", "lenet-256", "resnet18", "resnet50"};

Result<BenchCase> LoadBenchCase(const std::string& name, const std::string& examples) {
  const Dims photo = {1, 3, 224, 224};
  Result<BenchCase> c = name == "lenet"       ? LeNet(examples)
                        : name == "lenet-256" ? LeNetBatch(examples)
                        : name == "age"       ? Age(examples)
                        : name == "vgg16"     ? Random(RandomVgg16Onnx(), {1, 3, 32, 32}, 4, true, 5)
                        : name == "resnet18"  ? Random(RandomResNet18Onnx(), photo, 2, true, 3)
                        : name == "resnet50"  ? Random(RandomResNet50Onnx(), photo, 2, true, 3)
                                              : Error{Code::kInvalidArgument, "no such model", "--model"};
  if (c.ok()) c->name = name;
  return c;
}

}  // namespace provenn::cli
