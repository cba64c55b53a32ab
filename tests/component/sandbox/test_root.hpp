// SPDX-License-Identifier: MIT
#pragma once

// A root whose programs are the host's, for tests of what surrounds them.

#include <fstream>
#include <sstream>
#include <string>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/sandbox/probe.hpp>
#include <imagewright/sandbox/sandbox.hpp>

namespace imagewright_test {

/// A directory with the links of a merged /usr, and options that bind the host's /usr into it.
struct TestRoot {
  TestRoot() {
    std::filesystem::create_directory(scratch / "root");
    for (const char* name : {"bin", "sbin", "lib", "lib64"}) {
      if (std::filesystem::is_symlink(std::string("/") + name)) {
        std::filesystem::create_directory_symlink(std::string("usr/") + name,
                                                  scratch.path() / "root" / name);
      }
    }
    options.root = scratch / "root";
    options.bind_mounts = {{"/usr", "/usr", imagewright::sandbox::BindAccess::read_only}};
    options.epoch = imagewright::base::Epoch(std::chrono::seconds(1700000000));
  }

  std::filesystem::path path(const std::string& name) const {
    return scratch.path() / "root" / name;
  }

  imagewright::process::CommandResult shell(const std::string& script) {
    imagewright::sandbox::Sandbox sandbox(options, cancellation);
    imagewright::process::Command command;
    command.argv = {"sh", "-c", script};
    return sandbox.run(command);
  }

  /// Everything that the script wrote, to both outputs.
  std::string output_of(const std::string& script) {
    const auto result = shell(script);
    return result.standard_output + result.standard_error;
  }

  ScratchDirectory scratch;
  imagewright::sandbox::SandboxOptions options;
  imagewright::base::Cancellation cancellation;
};

/// Why this host cannot make sandboxes; empty when it can. Tried once.
inline const std::string& why_no_sandboxes() {
  static const std::string reason = imagewright::sandbox::probe().reason;
  return reason;
}

} // namespace imagewright_test

#define IMAGEWRIGHT_NEED_SANDBOX()                                                                 \
  if (!imagewright_test::why_no_sandboxes().empty())                                               \
  IMAGEWRIGHT_SKIP(imagewright_test::why_no_sandboxes())
