// SPDX-License-Identifier: MIT
#include "dracut_options.hpp"

#include <algorithm>

#include <imagewright/base/text.hpp>

namespace imagewright::finalize {

namespace {

using Words = std::vector<std::string>;

/// Both lists, each word once.
std::string merged(Words words, const Words& more) {
  for (const auto& word : more) {
    if (std::ranges::find(words, word) == words.end()) words.push_back(word);
  }
  return base::join(words, " ");
}

} // namespace

std::vector<DracutOption> dracut_options(const model::InitramfsFacts& facts,
                                         const std::vector<std::string>& modules,
                                         const std::vector<std::string>& drivers) {
  const std::string all_modules = merged(facts.modules, modules);
  const std::string all_drivers = merged(facts.drivers, drivers);
  std::vector<DracutOption> options{
      facts.modules.empty() ? DracutOption{"--add", "add_dracutmodules+=", all_modules}
                            : DracutOption{"--modules", "dracutmodules+=", all_modules},
      {"--omit", "omit_dracutmodules+=", merged(facts.omit_modules, {})},
      facts.drivers.empty() ? DracutOption{"--add-drivers", "add_drivers+=", all_drivers}
                            : DracutOption{"--drivers", "drivers+=", all_drivers},
      {"--filesystems", "filesystems+=", merged(facts.filesystems, {})},
      {"--compress", "compress=", facts.compression}};
  std::erase_if(options, [](const DracutOption& option) { return option.value.empty(); });
  return options;
}

} // namespace imagewright::finalize
