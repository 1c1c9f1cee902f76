// The certificate of a key: a proof about the committed weights alone, made once with the commitment.
//
// It says that every cell of the matrix W (protocol.md, section 4) that belongs to an element of a weight tensor is an
// integer within bounds that lie inside the declared ones, and that every other cell is 0. An ordinary proof knows W as
// a vector over the field; with the certificate the model is integers.
//
// There is no new protocol: it is an ordinary proof of a circuit that follows from the key's, over the same commitment.
// Each block of W is declared again as tensors [2^e, S] that have the same cells in the same places and no cell without
// element: S is the columns times the rows that the split axis takes, the rows beyond are cut where their number has a
// binary digit, so that hardly a leaf of the lookup tree is padding. A contraction without right operand reads them
// cell by cell. A public vector `mark` of S bits says which cells belong to no element; it repeats along the rows.
//   narrow  (bounds a..b of at most 2^17 - 1 integers)
//           (w + (b + 1) mark, mark) in {(k, 0): a <= k <= b} and (b + 1, 1)
//   wide    w = low + 65535 high, both balanced digits, high committed:
//           (w - 65535 high + 32768 mark, mark) in {(k, 0): |k| <= 32767} and (32768, 1)
//           (high + (h + 1) mark, mark)         in {(k, 0): |k| <= h} and (h + 1, 1)
// One value for each cell: with mark 0 the key is the integer itself, resp. low and high are determined by w, because
// 65535 (2h + 1) <= p; with mark 1 the row is the last one, and w, high are 0.
// docs/protocol.md, section 16.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "argument/statement.h"
#include "commit/block_layout.h"
#include "relation/circuit.h"

namespace provenn {

// Base of the balanced digits of a wide weight, and the largest digit.
inline constexpr int64_t kDigitBase = 65535;
inline constexpr int64_t kLargestDigit = 32767;

// What can be certified of a weight tensor with these declared bounds.
struct CertifiableRange {
  int64_t min = 0;
  int64_t max = 0;
  int64_t high = 0;  // wide: largest high digit; 0: narrow
};
// kUnsupported: bounds that are neither narrow nor contain the range of a low digit.
Result<CertifiableRange> CertifiableRangeOf(const Tensor& weight);

// One block of W as the certificate sees it.
struct CertifiedBlock {
  uint32_t weight = 0;  // tensor of the model's circuit
  std::string name;
  CertifiableRange range;
  Block block;  // as the model lays it out, in this many columns
  uint32_t columns = 0;
  uint64_t rows = 0;   // of [rows, cells]
  uint32_t cells = 0;  // S
  uint32_t mark = 0;   // tensor of the certificate's circuit
  struct Part {
    uint64_t first = 0;   // row
    uint32_t weight = 0;  // tensors and contraction of the certificate's circuit
    uint32_t high = 0;    // wide only
    uint32_t contraction = 0;
  };
  std::vector<Part> parts;
};

struct CertificateCircuit {
  Circuit circuit;
  std::vector<CertifiedBlock> blocks;
  std::vector<std::vector<int32_t>> marks;  // by tensor of the circuit; empty for those that are no mark
};

// model: a valid circuit for one sample that has weights; columns: of its weights commitment. kUnsupported naming the
// tensor if its bounds cannot be certified; kTooLarge.
Result<CertificateCircuit> MakeCertificateCircuit(const Circuit& model, uint32_t columns);

// Names the model that the certificate is of, so that it stands for no other.
Statement CertificateStatement(const CertificateCircuit& certificate, const WeightsCommitment& weights,
                               const Digest& model_id);

}  // namespace provenn
