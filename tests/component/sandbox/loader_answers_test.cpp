// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include <imagewright/model/architecture.hpp>

#include "sandbox/interpreter/elf_file.hpp"
#include "sandbox/interpreter/loader_answers.hpp"

using namespace imagewright;
using sandbox::answer_of_loader;
using sandbox::LoaderAnswer;

namespace {

std::string loader() {
  return model::host_architecture()->loading.loader;
}

sandbox::LoaderQuestion question(std::vector<std::string> arguments,
                                 std::vector<std::string> environment = {}) {
  return {.loader = std::filesystem::canonical(loader()).string(),
          .called = loader(),
          .arguments = std::move(arguments),
          .environment = std::move(environment)};
}

/// What the loader itself says, without what differs from run to run.
LoaderAnswer said_by_loader(const std::string& words, const std::string& variables = "") {
  FILE* const pipe = ::popen((variables + " " + loader() + " " + words + " 2>&1").c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe))
    text.append(buffer.data(), got);
  const int status = ::pclose(pipe);
  text = std::regex_replace(text, std::regex("\\tlinux-vdso[^\\n]*\\n"), "");
  text = std::regex_replace(text, std::regex("\\(0x[0-9a-f]+\\)"), "(0x0000000000000000)");
  return {.text = text, .status = WEXITSTATUS(status)};
}

std::vector<std::string> files_in(const std::string& directory, std::size_t most) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  files.resize(std::min(files.size(), most));
  return files;
}

} // namespace

TEST_CASE("what ldd asks of the dynamic loader is answered as the loader does") {
  int answered = 0;
  const std::string libraries = std::filesystem::canonical(loader()).parent_path().string();
  for (const std::string& directory : {std::string("/usr/bin"), libraries}) {
    for (const std::string& file : files_in(directory, 120)) {
      const auto verified = answer_of_loader(question({"--verify", file}));
      if (!verified) continue;
      CAPTURE(file);
      CHECK(*verified == said_by_loader("--verify '" + file + "'"));
      const auto traced = answer_of_loader(question({file}, {"LD_TRACE_LOADED_OBJECTS=1"}));
      if (!traced || verified->status == 1) continue;
      CHECK(*traced == said_by_loader("'" + file + "'", "LD_TRACE_LOADED_OBJECTS=1"));
      ++answered;
    }
  }
  CHECK(answered > 50);
  CHECK(answer_of_loader(question({"--version"})) == said_by_loader("--version"));
}

TEST_CASE("what is not sure is left to the dynamic loader") {
  const std::string program = "/usr/bin/env";
  const std::vector<std::string> traced{"LD_TRACE_LOADED_OBJECTS=1"};
  REQUIRE(answer_of_loader(question({program}, traced)));
  CHECK(!answer_of_loader(question({program})));
  CHECK(!answer_of_loader(question({program}, {"LD_TRACE_LOADED_OBJECTS="})));
  CHECK(!answer_of_loader(question({program, "more"}, traced)));
  CHECK(!answer_of_loader(question({}, traced)));
  CHECK(!answer_of_loader(question({"env"}, traced)));
  CHECK(!answer_of_loader(question({"/nonexistent"}, traced)));
  CHECK(!answer_of_loader(question({"--help"})));
  CHECK(answer_of_loader(question({program}, {traced[0], "LD_WARN=", "LD_BIND_NOW="})));
  for (const char* variable : {"LD_LIBRARY_PATH=/tmp", "LD_PRELOAD=/x.so", "LD_VERBOSE=1",
                               "LD_DEBUG=unused", "GLIBC_TUNABLES=glibc.rtld.nns=2"})
    CHECK(!answer_of_loader(question({program}, {traced[0], variable})));
  // No loader, whatever it is called.
  sandbox::LoaderQuestion other = question({program}, traced);
  other.loader = std::filesystem::canonical("/usr/bin/env").string();
  CHECK(!answer_of_loader(other));
  CHECK(!answer_of_loader(question({"--verify", "/nonexistent"})));
  CHECK(!answer_of_loader(question({"--verify", "/usr"})));
  CHECK(answer_of_loader(question({"--verify", "/etc/passwd"})) ==
        LoaderAnswer{.text = {}, .status = 1});
}

TEST_CASE("damaged programs end no reader") {
  const std::string whole = imagewright_test::read_text("/usr/bin/env");
  REQUIRE(sandbox::read_elf(whole));
  for (std::size_t size = 0; size < 4096; size += 7)
    sandbox::read_elf(std::string_view(whole).substr(0, size));
  for (std::size_t at = 0; at < 1024; ++at) {
    for (const unsigned change : {1U, 0x80U, 0xffU}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ change);
      sandbox::read_elf(damaged);
    }
  }
  const std::string cache = imagewright_test::read_text("/etc/ld.so.cache");
  const auto machine = sandbox::read_elf(whole)->machine;
  REQUIRE(sandbox::find_in_cache(cache, "libc.so.6", machine));
  CHECK(!sandbox::find_in_cache(cache, "libnothing.so.6", machine));
  CHECK(!sandbox::find_in_cache(cache, "libc.so.6", 0));
  for (std::size_t size = 0; size < cache.size(); size += 101)
    sandbox::find_in_cache(std::string_view(cache).substr(0, size), "libc.so.6", machine);
}
