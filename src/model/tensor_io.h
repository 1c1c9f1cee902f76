// Tensor files: NumPy .npy (reading and writing) and ONNX TensorProto .pb (reading).
#pragma once

#include <string>

#include "base/bytes.h"
#include "model/onnx_tensor.h"
#include "model/tensor.h"

namespace provenn {

// Largest tensor file that is read: 2^28 doubles and a header.
inline constexpr uint64_t kMaxTensorFileBytes = (uint64_t{8} << 28) + 65536;

// A .npy of version 1 to 3: little-endian f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 and bool, C or Fortran order
// (returned in C order). Errors as DecodeTensorProto.
Result<AnyTensor> ParseNpy(ByteSpan bytes, const std::string& what = "the .npy file");
// A serialized onnx.TensorProto.
Result<AnyTensor> ParseTensorPb(ByteSpan bytes, const std::string& what = "the tensor file");
// Either of them, told apart by content.
Result<AnyTensor> ParseTensor(ByteSpan bytes, const std::string& what = "the tensor file");
Result<AnyTensor> ReadTensorFile(const std::string& path);

// Integers become floats; kOutOfRange for one beyond ±2^24, where floats have gaps.
Result<FloatTensor> ToFloatTensor(AnyTensor tensor);
Result<FloatTensor> ReadFloatTensorFile(const std::string& path);

// .npy version 1, C order: '<f4', '<i8', or '<i4' (PROVENN_CHECKs that the values fit).
Bytes EncodeNpy(const FloatTensor& tensor);
Bytes EncodeNpy(const IntTensor& tensor);
Bytes EncodeNpyInt32(const IntTensor& tensor);
// EncodeNpy to a file, atomically.
Status WriteNpyFile(const std::string& path, const FloatTensor& tensor);
Status WriteNpyFile(const std::string& path, const IntTensor& tensor);

}  // namespace provenn
