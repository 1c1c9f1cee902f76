// Why a verifier says no. Tests hold every check to its own reason.
#pragma once

#include <cstdint>

namespace provenn {

enum class Reason : uint8_t {
  kMalformed,       // the proof's bytes are not a proof for this statement: too short, too long, not canonical
  kPublicValue,     // a public input or output outside its declared range, or of the wrong size
  kParameters,      // the soundness budget refuses the parameters of this statement
  kGrinding,        // a proof of work is missing
  kWeightsPath,     // the digests of weight rows are not under the weights root
  kRowsPath,        // opened rows are not under their root
  kFoldedVector,    // the revealed last vector disagrees with the opened rows of the last level
  kTerminalVector,  // the revealed pads disagree with the opened rows of the terminal matrix
  kPadProducts,     // a product entry of the terminal vector is not the product of its pads
  kLinearClaim,     // the random combination of all claims does not hold: some message, cell or public value is wrong
  kModelId,         // the proof is about another model
  kContext,         // the proof was made for another context
  kInputMismatch,   // the proof is about another input
  kOutputMismatch,  // the proof is about another output
  kKeyCheck,        // the key leaves its owner a choice: no proof about it says anything
};

inline const char* ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kMalformed:
      return "malformed";
    case Reason::kPublicValue:
      return "public-value";
    case Reason::kParameters:
      return "parameters";
    case Reason::kGrinding:
      return "grinding";
    case Reason::kWeightsPath:
      return "weights-path";
    case Reason::kRowsPath:
      return "rows-path";
    case Reason::kFoldedVector:
      return "folded-vector";
    case Reason::kTerminalVector:
      return "terminal-vector";
    case Reason::kPadProducts:
      return "pad-products";
    case Reason::kLinearClaim:
      return "linear-claim";
    case Reason::kModelId:
      return "model-id";
    case Reason::kContext:
      return "context";
    case Reason::kInputMismatch:
      return "input-mismatch";
    case Reason::kOutputMismatch:
      return "output-mismatch";
    case Reason::kKeyCheck:
      return "key-check";
  }
  return "unknown";
}

// The same for people: one sentence for whoever reads a verdict.
inline const char* ReasonSentence(Reason reason) {
  switch (reason) {
    case Reason::kMalformed:
      return "The file is damaged, or it is no proof about this model and these inputs and outputs.";
    case Reason::kPublicValue:
      return "The inputs or outputs in the file are not such as this model takes and gives.";
    case Reason::kParameters:
      return "The statement is too large for the security that is asked for, or its profile is too low.";
    case Reason::kGrinding:
      return "The file or what it states was changed after the proof was made, or it was never a proof.";
    case Reason::kWeightsPath:
      return "The weights that were used are not those of the committed model.";
    case Reason::kRowsPath:
      return "The proof contradicts its own commitments: it was changed, or it was never a proof.";
    case Reason::kFoldedVector:
    case Reason::kTerminalVector:
    case Reason::kPadProducts:
    case Reason::kLinearClaim:
      return "The committed model does not give this answer: nothing proves what the file states.";
    case Reason::kModelId:
      return "The proof, or the certificate, is about another model than the one that was asked about.";
    case Reason::kContext:
      return "The proof was made for another purpose, or it is an old one that is shown again.";
    case Reason::kInputMismatch:
      return "The proof is about another input than the one that was given, or it hides its input.";
    case Reason::kOutputMismatch:
      return "The proof is about another output than the one that was given, or it hides its output.";
    case Reason::kKeyCheck:
      return "The key lets its owner choose answers, so no proof about it says anything.";
  }
  return "";
}

}  // namespace provenn
