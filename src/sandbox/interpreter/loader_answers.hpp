// SPDX-License-Identifier: MIT
#pragma once

// What a dynamic loader of GNU says when it is asked what a program needs, said without running it.
// Needs no library: it is part of the interpreter, a program of its own.

#include <optional>
#include <string>
#include <vector>

namespace imagewright::sandbox {

struct LoaderQuestion {
  std::string loader; ///< its real path
  std::string called; ///< as it was called
  std::vector<std::string> arguments;
  std::vector<std::string> environment; ///< "NAME=value"
};

struct LoaderAnswer {
  std::string text; ///< for standard output
  int status = 0;

  bool operator==(const LoaderAnswer&) const = default;
};

/// The three questions of ldd: `--version`, `--verify FILE`, and FILE with LD_TRACE_LOADED_OBJECTS.
/// Addresses, which differ from run to run, are zero. Nothing when it is no such question, or for
/// whatever is not sure (search paths with variables, libraries of processors' features, a library
/// that the cache of ldconfig does not have): then the loader itself has to be asked.
std::optional<LoaderAnswer> answer_of_loader(const LoaderQuestion& question);

} // namespace imagewright::sandbox
