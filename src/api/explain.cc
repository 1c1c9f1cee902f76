#include "api/explain.h"

#include "explain/explain.h"

namespace provenn {

Explanation ExplainKey(const PublicModel& model) {
  return ExplainCircuit(model.circuit, model.program, model.inputs, model.outputs);
}

}  // namespace provenn
