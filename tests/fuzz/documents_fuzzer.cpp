// SPDX-License-Identifier: MIT
// Whatever a lock, a manifest, a statement, a list of sums, a list of units, an entry of a shared
// cache, a document of a container image, a registry's challenge or a boot loader's script holds,
// reading it ends with a value or an error. What was read as a value can be written, and read again
// as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <imagewright/attest/envelope.hpp>
#include <imagewright/attest/statement.hpp>
#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/unit.hpp>
#include <imagewright/fleet/unit_record.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/lock/base_lock.hpp>

#include "attest/set_files.hpp"
#include "container/document_json.hpp"
#include "depot/entry_text.hpp"
#include "measure/grub_script.hpp"
#include "repo/registry_http.hpp"
#include "upload/page_list.hpp"

namespace {

using namespace imagewright;

constexpr const char* k_file = "document";

void require(bool condition) {
  if (!condition) std::abort();
}

/// Errors have a code and a text that a terminal can bear; anything else that is thrown ends the
/// run.
template <typename Read>
void take(const Read& read) {
  try {
    read();
  } catch (const base::InputError& error) {
    require(error.diagnostics().has_errors());
  } catch (const base::Error& error) {
    require(!error.diagnostic().code.empty() && !error.diagnostic().message.empty());
  }
}

void read_container(const json::Value& document) {
  take([&] { container::index_in(document, k_file); });
  take([&] { container::manifest_in(document, k_file); });
  take([&] { container::settings_in(document, k_file); });
  take([&] { container::archive_entries_in(document); });
}

void read_json(std::string_view text) {
  const json::Value document = json::parse(text, k_file);
  const std::string written = json::to_text(document);
  require(json::to_text(json::parse(written, k_file)) == written);
  require(written.find('\x7f') == std::string::npos && written.find("##[") == std::string::npos);
  read_container(document);
  take([&] { lock::parse_with_bases(text, k_file); });
  take([&] { audit::parse_manifest(text, k_file); });
  take([&] { attest::parse_envelope(text, k_file); });
  take([&] { attest::parse_statement(text, k_file); });
  take([&] { fleet::parse_units(text, k_file); });
  take([&] { fleet::parse_record(text, k_file); });
  take([&] {
    const base::Digest key = base::digest_of("key");
    for (const depot::DepotFile& file : depot::files_of_entry(text, key))
      require(file.name.find('/') == std::string::npos);
  });
}

void read_text(std::string_view text) {
  take([&] { upload::parse_page_list(text); });
  attest::parse_sums(std::string(text));
  if (const auto script = measure::parse_grub_script(text)) {
    for (const measure::ScriptCommand& command : *script)
      measure::expanded_words(command, {{"root", "hd0,gpt1"}});
  }
  repo::RegistryAnswer answer;
  repo::take_header(answer, text);
  for (const std::string_view challenge : {std::string_view(answer.challenge), text}) {
    const std::string realm = repo::challenge_parameter(challenge, "realm");
    require(realm.find('"') == std::string::npos);
    if (repo::is_safe_realm(realm, "registry.example")) require(realm.starts_with("https://"));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  take([&] { read_json(text); });
  read_text(text);
  return 0;
}
