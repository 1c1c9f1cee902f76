// provenn: prove that a committed ONNX model gave an output.
#include <fmt/format.h>

#include <exception>
#include <new>

#include "commands.h"
#include "common.h"

namespace provenn::cli {
namespace {

// An option that is given and empty, as "$UNSET" in a script is, would switch off what it asks for.
Status RefuseEmptyOptions(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& value : option->results()) {
      if (!value.empty() || option->get_expected_max() == 0) continue;
      return Error{Code::kInvalidArgument, "is given, but empty (a variable that is not set?)", option->get_name()};
    }
  }
  for (const CLI::App* command : app.get_subcommands()) RETURN_IF_ERROR(RefuseEmptyOptions(*command));
  return Ok();
}

int Main(int argc, char** argv) {
  CLI::App app("Proves in zero knowledge that a committed ONNX model gave an output.", "provenn");
  app.require_subcommand(1);
  app.set_version_flag("--version", PROVENN_VERSION);
  Action action;
  AddCommit(app, &action);
  AddReproduce(app, &action);
  AddCard(app, &action);
  AddRun(app, &action);
  AddProve(app, &action);
  AddVerify(app, &action);
  AddVerifyKey(app, &action);
  AddCertify(app, &action);
  AddInspect(app, &action);
  AddExplain(app, &action);
  AddExportSeed(app, &action);
  AddBench(app, &action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kCannotRead;
  }
  if (const Status given = RefuseEmptyOptions(app); !given.ok()) return Fail(given.error(), {});
  return action();
}

}  // namespace
}  // namespace provenn::cli

int main(int argc, char** argv) {
  // The library reports errors as values. What is left are exceptions of the standard library: no memory, no thread.
  try {
    return provenn::cli::Main(argc, argv);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "provenn: out of memory\n");
  } catch (const std::exception& e) {
    fmt::print(stderr, "provenn: {}\n", e.what());
  }
  return provenn::cli::kCannotRead;
}
