// What the key's public fields tell about weights and calibration, as lines for people.
#pragma once

#include <string>
#include <vector>

#include "explain/explanation.h"
#include "relation/circuit.h"

namespace provenn {

// `explanation`: nodes, ports and tables are there already.
std::vector<std::string> WeightsSection(const Circuit& circuit, const Explanation& explanation);

}  // namespace provenn
