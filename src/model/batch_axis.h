// That a model treats the samples of a batch alone.
//
// A model may leave the size of its leading axis open: then that axis is the batch, the model is compiled for one
// sample, and a batch is proved sample by sample. This is the model's own meaning only if no operation mixes samples: a
// mean over the batch, a softmax along it, a product of the batch with itself compute something else. So a model with
// an open leading axis is imported once more, with a batch of kProbeBatch, and where the batch lies is followed through
// every operation. A leading axis of fixed size n is no batch: n rows are one sample, and may be mixed.
#pragma once

#include "model/graph.h"

namespace provenn {

// A prime: no reshape can split it.
inline constexpr int64_t kProbeBatch = 7;

// `graph`: as imported (not folded), with kProbeBatch for each open leading axis. `is_batch`: parallel to graph.inputs:
// whether the input's leading axis is such a one. kUnsupported naming the first node that mixes samples, or the output
// that does not have them along its first axis.
Status CheckSamplesStayApart(const Graph& graph, const std::vector<bool>& is_batch);

}  // namespace provenn
