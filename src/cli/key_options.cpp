// SPDX-License-Identifier: MIT
#include "key_options.hpp"

#include "secret_file.hpp"

namespace imagewright::cli {

void add_key_options(Command& command, KeyWords& words) {
  command.arguments.push_back({.names = {"--provider"},
                               .value = "NAME",
                               .description = "A provider of OpenSSL that the key's URI needs",
                               .target = &words.providers});
  command.arguments.push_back({.names = {"--passphrase-file"},
                               .value = "FILE",
                               .description = "The key's passphrase or PIN, in a file's first line",
                               .target = &words.passphrase_file,
                               .completes = Completes::files});
}

attest::KeyPlace key_place(const std::string& location, const KeyWords& words) {
  attest::KeyPlace place{
      .location = location, .providers = words.providers, .passphrase = std::nullopt};
  if (words.passphrase_file.empty()) return place;
  place.passphrase = first_line_of(words.passphrase_file, "passphrase");
  return place;
}

} // namespace imagewright::cli
