#include "model/tensor_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <bit>
#include <cmath>
#include <filesystem>

#include "base/file.h"

namespace provenn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A .npy file with the given header text and data.
Bytes Npy(const std::string& header, const std::vector<uint8_t>& data, uint8_t version = 1) {
  ByteWriter writer;
  writer.Raw(AsBytes(std::string("\x93NUMPY", 6)));
  writer.U8(version);
  writer.U8(0);
  if (version == 1) {
    writer.U16(static_cast<uint16_t>(header.size()));
  } else {
    writer.U32(static_cast<uint32_t>(header.size()));
  }
  writer.Raw(AsBytes(header));
  writer.Raw(data);
  return writer.Take();
}

std::string Header(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

Bytes LittleEndian(const std::vector<uint64_t>& values, int width) {
  Bytes bytes;
  for (const uint64_t v : values) {
    for (int i = 0; i < width; ++i) bytes.push_back(static_cast<uint8_t>(v >> (8 * i)));
  }
  return bytes;
}

TEST(Npy, FloatRoundTrip) {
  for (const Dims& shape : {Dims{}, Dims{3}, Dims{1}, Dims{2, 3}, Dims{1, 3, 2, 2}, Dims{0, 4}}) {
    FloatTensor tensor{shape, std::vector<float>(static_cast<size_t>(ElementCount(shape)))};
    for (size_t i = 0; i < tensor.data.size(); ++i) tensor.data[i] = static_cast<float>(i) * -1.25f;
    const Bytes bytes = EncodeNpy(tensor);
    EXPECT_EQ((bytes.size() - tensor.data.size() * 4) % 64, 0u);
    const auto read = ParseNpy(bytes);
    ASSERT_TRUE(read.ok()) << read.error().ToString();
    EXPECT_EQ(std::get<FloatTensor>(*read).shape, shape);
    EXPECT_EQ(std::get<FloatTensor>(*read).data, tensor.data);
  }
}

TEST(Npy, IntRoundTrip) {
  const IntTensor tensor{{2, 2}, {-1, 0, int64_t{1} << 40, -(int64_t{1} << 50)}};
  const auto wide = ParseNpy(EncodeNpy(tensor));
  ASSERT_TRUE(wide.ok());
  EXPECT_EQ(std::get<IntTensor>(*wide).data, tensor.data);
  const IntTensor small{{3}, {-2147483648, 7, 2147483647}};
  const auto narrow = ParseNpy(EncodeNpyInt32(small));
  ASSERT_TRUE(narrow.ok());
  EXPECT_EQ(std::get<IntTensor>(*narrow).data, small.data);
}

TEST(Npy, ReadsEveryElementType) {
  const auto ints = [](const std::string& descr, const Bytes& data) {
    const auto read = ParseNpy(Npy(Header(descr, "(2,)"), data));
    EXPECT_TRUE(read.ok()) << descr;
    return std::get<IntTensor>(*read).data;
  };
  EXPECT_THAT(ints("|i1", {0xff, 5}), ElementsAre(-1, 5));
  EXPECT_THAT(ints("|u1", {0xff, 5}), ElementsAre(255, 5));
  EXPECT_THAT(ints("|b1", {1, 0}), ElementsAre(1, 0));
  EXPECT_THAT(ints("<i2", LittleEndian({0xffff, 5}, 2)), ElementsAre(-1, 5));
  EXPECT_THAT(ints("<u2", LittleEndian({0xffff, 5}, 2)), ElementsAre(65535, 5));
  EXPECT_THAT(ints("<i4", LittleEndian({0xffffffff, 5}, 4)), ElementsAre(-1, 5));
  EXPECT_THAT(ints("<u4", LittleEndian({0xffffffff, 5}, 4)), ElementsAre(4294967295, 5));
  EXPECT_THAT(ints("<i8", LittleEndian({~uint64_t{0}, 5}, 8)), ElementsAre(-1, 5));
  const auto floats = [](const std::string& descr, const Bytes& data) {
    const auto read = ParseNpy(Npy(Header(descr, "(2,)"), data));
    EXPECT_TRUE(read.ok()) << descr;
    return std::get<FloatTensor>(*read).data;
  };
  EXPECT_THAT(floats("<f2", LittleEndian({0xc000, 0x3555}, 2)), ElementsAre(-2.0f, 0.333251953125f));
  EXPECT_THAT(floats("<f4", LittleEndian({std::bit_cast<uint32_t>(1.5f), 0}, 4)), ElementsAre(1.5f, 0.0f));
  EXPECT_THAT(floats("<f8", LittleEndian({std::bit_cast<uint64_t>(-0.1), 0}, 8)), ElementsAre(-0.1f, 0.0f));
}

TEST(Npy, ReadsFortranOrderAndLaterVersions) {
  const Bytes column_major = {1, 4, 2, 5, 3, 6};
  for (const uint8_t version : {uint8_t{1}, uint8_t{2}, uint8_t{3}}) {
    const auto read = ParseNpy(Npy(Header("|u1", "(2, 3)", "True"), column_major, version));
    ASSERT_TRUE(read.ok()) << read.error().ToString();
    EXPECT_THAT(std::get<IntTensor>(*read).data, ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(std::get<IntTensor>(*read).shape, ElementsAre(2, 3));
  }
}

TEST(Npy, RefusesWhatIsNotANumberAndUint64BeyondInt64) {
  const auto infinite = ParseNpy(Npy(Header("<f4", "(1,)"), LittleEndian({0x7f800000}, 4)));
  EXPECT_EQ(infinite.error().code, Code::kOutOfRange);
  const auto nan = ParseNpy(Npy(Header("<f2", "(2,)"), LittleEndian({0, 0x7e00}, 2)));
  EXPECT_EQ(nan.error().code, Code::kOutOfRange);
  EXPECT_THAT(nan.error().message, HasSubstr("element 1"));
  const auto overflow = ParseNpy(Npy(Header("<f8", "(1,)"), LittleEndian({std::bit_cast<uint64_t>(1e300)}, 8)));
  EXPECT_EQ(overflow.error().code, Code::kOutOfRange);
  EXPECT_EQ(ParseNpy(Npy(Header("<u8", "(1,)"), LittleEndian({~uint64_t{0}}, 8))).error().code, Code::kOutOfRange);
}

TEST(Npy, RefusesMalformedFiles) {
  const std::vector<std::string> bad_headers = {
      "",
      "{}",
      "{'descr': '<f4', 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} trailing",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",  // data for one element
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}",
  };
  for (const std::string& header : bad_headers) {
    const auto read = ParseNpy(Npy(header, {0, 0, 0, 0}));
    ASSERT_FALSE(read.ok()) << header;
    EXPECT_EQ(read.error().code, Code::kCorrupt) << header << ": " << read.error().ToString();
  }
  EXPECT_EQ(ParseNpy(Npy(Header(">f4", "(1,)"), {0, 0, 0, 0})).error().code, Code::kUnsupported);
  EXPECT_EQ(ParseNpy(Npy(Header("<f4", "(1,)"), {0, 0, 0, 0}, 9)).error().code, Code::kUnsupported);
  const auto huge = ParseNpy(Npy(Header("<f4", "(4294967296, 4294967296)"), {}));
  EXPECT_EQ(huge.error().code, Code::kTooLarge);
  const Bytes whole = EncodeNpy(FloatTensor{{3}, {1, 2, 3}});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseNpy(ByteSpan(whole).first(size)).ok()) << size;
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(ParseNpy(longer).ok());
}

TEST(TensorPb, ReadsRawAndTypedData) {
  onnx::TensorProto proto;
  proto.set_data_type(onnx::TensorProto::FLOAT);
  proto.add_dims(2);
  proto.add_float_data(1.5f);
  proto.add_float_data(-2);
  const std::string typed = proto.SerializeAsString();
  const auto read = ParseTensor(AsBytes(typed));
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_THAT(std::get<FloatTensor>(*read).data, ElementsAre(1.5f, -2.0f));
  proto.clear_float_data();
  proto.set_data_type(onnx::TensorProto::INT16);
  proto.set_raw_data(std::string("\x01\x00\xff\xff", 4));
  const std::string raw = proto.SerializeAsString();
  EXPECT_THAT(std::get<IntTensor>(*ParseTensor(AsBytes(raw))).data, ElementsAre(1, -1));
  proto.set_raw_data("abc");
  const std::string short_data = proto.SerializeAsString();
  EXPECT_EQ(ParseTensor(AsBytes(short_data)).error().code, Code::kCorrupt);
}

TEST(TensorIo, HalfPrecisionIsExact) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const int exponent = static_cast<int>((bits >> 10) & 0x1f);
    const double fraction = bits & 0x3ff;
    const double sign = bits >> 15 ? -1 : 1;
    const float value = HalfToFloat(static_cast<uint16_t>(bits));
    if (exponent == 31) {
      EXPECT_FALSE(std::isfinite(value));
    } else {
      const double expected = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
      ASSERT_EQ(double{value}, sign * expected) << bits;
    }
  }
}

TEST(TensorIo, FilesRoundTripAndErrorsNameTheFile) {
  const std::string path = (std::filesystem::path(testing::TempDir()) / "provenn_tensor_io.npy").string();
  const FloatTensor tensor{{2}, {1, 2}};
  ASSERT_TRUE(WriteNpyFile(path, tensor).ok());
  const auto read = ReadFloatTensorFile(path);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->data, tensor.data);
  ASSERT_TRUE(WriteFileAtomically(path, AsBytes("garbage")).ok());
  EXPECT_EQ(ReadTensorFile(path).error().where, path);
  std::filesystem::remove(path);
  EXPECT_EQ(ReadTensorFile(path).error().code, Code::kIo);
}

TEST(TensorIo, IntegersBecomeFloatsOnlyWhereExact) {
  const auto floats = ToFloatTensor(IntTensor{{2}, {-3, 1 << 24}});
  ASSERT_TRUE(floats.ok());
  EXPECT_THAT(floats->data, ElementsAre(-3.0f, 16777216.0f));
  EXPECT_EQ(ToFloatTensor(IntTensor{{1}, {(1 << 24) + 1}}).error().code, Code::kOutOfRange);
}

TEST(Tensor, BatchesAreCutIntoSamples) {
  const FloatTensor batch{{2, 3}, {1, 2, 3, 4, 5, 6}};
  const auto two = SplitBatch(batch, {1, 3}, "x");
  ASSERT_TRUE(two.ok());
  ASSERT_EQ(two->size(), 2u);
  EXPECT_THAT((*two)[1].data, ElementsAre(4, 5, 6));
  EXPECT_THAT((*two)[1].shape, ElementsAre(1, 3));
  EXPECT_EQ(SplitBatch(batch, {2, 3}, "x")->size(), 1u);
  EXPECT_EQ(SplitBatch(batch, {1, 2, 3}, "x")->size(), 1u);
  const auto wrong = SplitBatch(batch, {1, 4}, "input pixels");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().where, "input pixels");
  EXPECT_THAT(wrong.error().message, testing::AllOf(HasSubstr("2x3"), HasSubstr("1x4")));
  EXPECT_FALSE(SplitBatch({{3, 3}, std::vector<float>(9)}, {2, 3}, "x").ok());
  EXPECT_FALSE(SplitBatch({{0, 3}, {}}, {1, 3}, "x").ok());
}

}  // namespace
}  // namespace provenn
