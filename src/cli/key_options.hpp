// SPDX-License-Identifier: MIT
#pragma once

// The options that say where a key is.

#include <string>
#include <vector>

#include <imagewright/attest/key.hpp>

#include "arguments.hpp"

namespace imagewright::cli {

struct KeyWords {
  std::vector<std::string> providers;
  std::string passphrase_file;
};

/// `--provider`, `--passphrase-file`
void add_key_options(Command& command, KeyWords& words);

/// Throws base::Error (fs.cannot-read).
attest::KeyPlace key_place(const std::string& location, const KeyWords& words);

} // namespace imagewright::cli
