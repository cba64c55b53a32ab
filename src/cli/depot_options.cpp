// SPDX-License-Identifier: MIT
#include "depot_options.hpp"

#include <optional>
#include <utility>

#include <imagewright/base/error.hpp>

#include "secret_file.hpp"
#include "usage_mistake.hpp"

namespace imagewright::cli {

namespace {

constexpr std::int64_t k_longest_patience = 3600;

std::string given_or(const std::string& given, const char* variable,
                     const CommandContext& context) {
  return given.empty() ? context.invocation.environment(variable).value_or("") : given;
}

/// The first line of the file.
std::optional<std::string> login_in(const std::string& path) {
  if (path.empty()) return std::nullopt;
  const std::string line = first_line_of(path, "login of the shared cache");
  if (line.find(':') != std::string::npos && line.find('\0') == std::string::npos) return line;
  throw_usage("the login of the shared cache is not of the form USER:PASSWORD",
              "write it as the first line of the file");
}

} // namespace

void add_depot_options(Command& command, DepotWords& words) {
  const std::vector<Argument> more{
      {.names = {"--shared-cache"},
       .value = "URL",
       .description = "A cache that machines share (HTTP, as Bazel's), by default "
                      "IMAGEWRIGHT_SHARED_CACHE; nothing is taken without --shared-cache-key, and "
                      "nothing put there without --shared-cache-sign",
       .target = &words.url},
      {.names = {"--shared-cache-key"},
       .value = "KEY",
       .description = "Take finished images that this public key has signed (repeatable: any of "
                      "them), by default IMAGEWRIGHT_SHARED_CACHE_KEY",
       .target = &words.trusted_keys,
       .completes = Completes::files},
      {.names = {"--shared-cache-sign"},
       .value = "KEY",
       .description = "Put finished images there, signed with this private key, by default "
                      "IMAGEWRIGHT_SHARED_CACHE_SIGN",
       .target = &words.signing_key,
       .completes = Completes::files},
      {.names = {"--shared-cache-login"},
       .value = "FILE",
       .description = "A file with USER:PASSWORD for the server, by default "
                      "IMAGEWRIGHT_SHARED_CACHE_LOGIN",
       .target = &words.login_file,
       .completes = Completes::files},
      {.names = {"--shared-cache-patience"},
       .value = "SECONDS",
       .description =
           "How long a server is waited for that gives less than 16 KiB a second, 10 when "
           "it is not given; no file may take 60 times as long",
       .target = &words.patience,
       .range = std::pair{std::int64_t{1}, k_longest_patience}}};
  command.arguments.insert(command.arguments.end(), more.begin(), more.end());
}

std::unique_ptr<depot::Depot> chosen_depot(const DepotWords& words, const CommandContext& context) {
  depot::DepotPlace place{.url = given_or(words.url, "IMAGEWRIGHT_SHARED_CACHE", context),
                          .login = std::nullopt};
  if (place.url.empty()) {
    if (words.trusted_keys.empty() && words.signing_key.empty() && words.login_file.empty())
      return nullptr;
    throw_usage("it is not said which shared cache", "give its address with --shared-cache");
  }
  if (words.patience != 0) place.patience = std::chrono::seconds(words.patience);
  place.login = login_in(given_or(words.login_file, "IMAGEWRIGHT_SHARED_CACHE_LOGIN", context));
  std::vector<std::string> trusted = words.trusted_keys;
  if (trusted.empty()) {
    const auto key = context.invocation.environment("IMAGEWRIGHT_SHARED_CACHE_KEY");
    if (key && !key->empty()) trusted.push_back(*key);
  }
  std::vector<attest::VerificationKey> keys;
  for (const std::string& key : trusted)
    keys.emplace_back(attest::KeyPlace{.location = key, .providers = {}, .passphrase = {}});
  std::optional<attest::SigningKey> signer;
  const std::string signing = given_or(words.signing_key, "IMAGEWRIGHT_SHARED_CACHE_SIGN", context);
  if (!signing.empty())
    signer.emplace(attest::KeyPlace{.location = signing, .providers = {}, .passphrase = {}});
  return std::make_unique<depot::Depot>(std::move(place), std::move(keys), std::move(signer),
                                        context.cancellation);
}

} // namespace imagewright::cli
