// SPDX-License-Identifier: MIT
#pragma once

// The options that say which shared cache is asked, whom it is believed, and who signs for it.

#include <memory>
#include <string>
#include <vector>

#include <imagewright/depot/depot.hpp>

#include "command.hpp"

namespace imagewright::cli {

struct DepotWords {
  std::string url;
  std::vector<std::string> trusted_keys;
  std::string signing_key;
  std::string login_file;
  unsigned patience = 0;
};

/// `--shared-cache` and what belongs to it.
void add_depot_options(Command& command, DepotWords& words);

/// Null when none is asked for. What the options leave open, the environment says:
/// IMAGEWRIGHT_SHARED_CACHE, …_KEY, …_SIGN and …_LOGIN. Throws base::Error (cli.usage,
/// depot.bad-url, attest.…, fs.cannot-read).
std::unique_ptr<depot::Depot> chosen_depot(const DepotWords& words, const CommandContext& context);

} // namespace imagewright::cli
