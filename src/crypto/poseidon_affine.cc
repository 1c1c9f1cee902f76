// The affine layers of Poseidon, by running the rounds on symbolic rows.
#include "crypto/poseidon.h"

namespace provenn {
namespace {

PoseidonAffine Derive() {
  using Form = PoseidonAffine::Form;
  const Goldilocks one = Goldilocks(1);
  PoseidonAffine affine;
  affine.input.reserve(kPoseidonSboxes);

  std::vector<Form> state(kPoseidonWidth, Form{});
  for (size_t i = 0; i < state.size(); ++i) state[i][i] = one;
  for (int round = 0; round < kPoseidonRounds; ++round) {
    const bool full = round < kPoseidonFullRounds / 2 || round >= kPoseidonRounds - kPoseidonFullRounds / 2;
    for (int i = 0; i < kPoseidonWidth; ++i) {
      Form& form = state[static_cast<size_t>(i)];
      form.back() = form.back() + PoseidonRoundConstant(round, i);
      if (!full && i != 0) continue;
      // Cut here: the form so far is an S-box input, and its output is a new variable.
      const size_t sbox = affine.input.size();
      affine.input.push_back(form);
      form = Form{};
      form[kPoseidonWidth + sbox] = one;
    }
    std::vector<Form> next(kPoseidonWidth, Form{});
    for (int row = 0; row < kPoseidonWidth; ++row) {
      for (int col = 0; col < kPoseidonWidth; ++col) {
        const Goldilocks entry = Goldilocks(PoseidonMds(row, col));
        const Form& source = state[static_cast<size_t>(col)];
        Form& target = next[static_cast<size_t>(row)];
        for (size_t k = 0; k < target.size(); ++k) target[k] = target[k] + entry * source[k];
      }
    }
    state = std::move(next);
  }
  affine.output = std::move(state);
  return affine;
}

}  // namespace

const PoseidonAffine& GetPoseidonAffine() {
  static const PoseidonAffine kAffine = Derive();
  return kAffine;
}

}  // namespace provenn
