// SPDX-License-Identifier: MIT
#include "rung_options.hpp"

#include <vector>

namespace imagewright::cli {

namespace {

std::vector<std::string> rung_words() {
  std::vector<std::string> words{"auto"};
  for (const sandbox::RungRow& row : sandbox::all_rungs())
    words.emplace_back(row.name);
  return words;
}

} // namespace

void add_rung_options(Command& command, RungWords& words) {
  command.arguments.push_back(
      {.names = {"--rung"},
       .value = "NAME",
       .description = "How this process acts as root over the image's files: by default the first "
                      "way that works here (see imagewright doctor); machine runs nothing of the "
                      "image on this host's kernel",
       .target = &words.rung,
       .choices = rung_words()});
  command.arguments.push_back({.names = {"--machine-kernel"},
                               .value = "FILE",
                               .description = "For the rung machine: a kernel image or a kernel's "
                                              "package, by default of the image's release",
                               .target = &words.machine_kernel,
                               .completes = Completes::files});
}

std::optional<sandbox::Rung> wanted_rung(const RungWords& words) {
  return sandbox::find_rung(words.rung);
}

std::filesystem::path machine_kernel(const RungWords& words) {
  if (words.machine_kernel.empty()) return {};
  return input_file(words.machine_kernel, "kernel");
}

} // namespace imagewright::cli
