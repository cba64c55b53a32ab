// SPDX-License-Identifier: MIT
#pragma once

// Failures that end a command. Mistakes of the user's input are collected as Diagnostics instead; a
// "no" is a value.

#include <cstdint>
#include <exception>
#include <string>

#include <imagewright/base/diagnostic.hpp>

namespace imagewright::base {

/// What kind of failure it is; the command line maps each to its exit code.
enum class FailureKind : std::uint8_t {
  build,        ///< the build failed (exit code 1)
  input,        ///< wrong usage or config (2)
  unsolvable,   ///< packages cannot be resolved (3)
  host,         ///< this host cannot do it: privilege, missing tool (4)
  verification, ///< signature, checksum, boot check, stale lock (5)
};

/// The world failed: carries one Diagnostic.
class Error : public std::exception {
public:
  Error(FailureKind kind, Diagnostic diagnostic);
  /// The short form: code, message and hint without a position.
  Error(FailureKind kind, std::string code, std::string message, std::string hint = {});

  FailureKind kind() const { return kind_; }
  const Diagnostic& diagnostic() const { return diagnostic_; }
  /// Adds a "while …" line; called once, at the boundary that knows the user's noun.
  void add_context(std::string line) { diagnostic_.context.push_back(std::move(line)); }
  const char* what() const noexcept override { return what_.c_str(); }

private:
  FailureKind kind_;
  Diagnostic diagnostic_;
  std::string what_;
};

/// The user's input is wrong: every mistake of it, already collected. With FailureKind::unsolvable:
/// every reason why its packages cannot be had.
class InputError : public std::exception {
public:
  explicit InputError(Diagnostics diagnostics, FailureKind kind = FailureKind::input)
      : diagnostics_(std::move(diagnostics)), kind_(kind) {}

  const Diagnostics& diagnostics() const { return diagnostics_; }
  FailureKind kind() const { return kind_; }
  const char* what() const noexcept override { return "the input has mistakes"; }

private:
  Diagnostics diagnostics_;
  FailureKind kind_;
};

/// The user interrupted the command. Not an Error: nothing is wrong.
class Cancelled : public std::exception {
public:
  const char* what() const noexcept override { return "interrupted"; }
};

/// A broken invariant of ours.
class BugError : public std::exception {
public:
  explicit BugError(std::string message) : message_(std::move(message)) {}

  const char* what() const noexcept override { return message_.c_str(); }

private:
  std::string message_;
};

/// Throws Error about a failed system call: `what` ("cannot open"), the path, and the text of
/// `error_number` (errno).
[[noreturn]] void throw_system_error(const std::string& code, const std::string& what,
                                     const std::string& path, int error_number);

[[noreturn]] void throw_assertion_failed(const char* expression, const char* file, int line);

} // namespace imagewright::base

/// Checks an invariant of ours; stays on in release builds. Never for bad input.
#define IMAGEWRIGHT_ASSERT(expression)                                                             \
  ((expression) ? static_cast<void>(0)                                                             \
                : ::imagewright::base::throw_assertion_failed(#expression, __FILE__, __LINE__))
