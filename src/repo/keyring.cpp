// SPDX-License-Identifier: MIT
#include "keyring.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include <gpgme.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/private_key.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/process/host_packages.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/sandbox/guarded_program.hpp>

#include "key_blocks.hpp"

namespace imagewright::repo {

namespace {

struct ContextDeleter {
  void operator()(gpgme_ctx_t context) const { gpgme_release(context); }
};
using ContextPointer = std::unique_ptr<std::remove_pointer_t<gpgme_ctx_t>, ContextDeleter>;

struct DataDeleter {
  void operator()(gpgme_data_t data) const { gpgme_data_release(data); }
};
using DataPointer = std::unique_ptr<std::remove_pointer_t<gpgme_data_t>, DataDeleter>;

struct KeyDeleter {
  void operator()(gpgme_key_t key) const { gpgme_key_unref(key); }
};
using KeyPointer = std::unique_ptr<std::remove_pointer_t<gpgme_key_t>, KeyDeleter>;

void require(gpgme_error_t error, const char* what) {
  if (gpgme_err_code(error) == GPG_ERR_NO_ERROR) return;
  throw base::Error(base::FailureKind::host, "repo.verifier-unavailable",
                    std::string("cannot ") + what + ": " + gpgme_strerror(error),
                    process::how_to_install("gpg"));
}

DataPointer data_of(std::string_view content) {
  gpgme_data_t data = nullptr;
  require(gpgme_data_new_from_mem(&data, content.data(), content.size(), 0), "hold data for gpg");
  return DataPointer(data);
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Clocks differ a little.
constexpr std::int64_t k_clock_tolerance = 24L * 60 * 60;

bool is_weak(gpgme_hash_algo_t digest) {
  return digest == GPGME_MD_MD5 || digest == GPGME_MD_SHA1 || digest == GPGME_MD_RMD160 ||
         digest == GPGME_MD_MD2 || digest == GPGME_MD_MD4 || digest == GPGME_MD_TIGER ||
         digest == GPGME_MD_HAVAL;
}

SignatureVerdict verdict_of(const _gpgme_signature& signature) {
  // An open set of numbers from another library: everything that is not named is bad.
  const auto code = gpgme_err_code(signature.status);
  if (code == GPG_ERR_NO_ERROR) {
    if (is_weak(signature.hash_algo)) return SignatureVerdict::weak;
    const auto made = static_cast<std::int64_t>(signature.timestamp);
    return made > now() + k_clock_tolerance ? SignatureVerdict::not_yet : SignatureVerdict::good;
  }
  if (code == GPG_ERR_NO_PUBKEY) return SignatureVerdict::unknown_key;
  if (code == GPG_ERR_KEY_EXPIRED || code == GPG_ERR_SIG_EXPIRED || code == GPG_ERR_CERT_REVOKED) {
    return SignatureVerdict::expired;
  }
  return SignatureVerdict::bad;
}

// No agent, no network, no trust database: the keyring holds only what is trusted.
constexpr std::string_view k_gpg_options = "no-autostart\n"
                                           "no-auto-key-retrieve\n"
                                           "no-auto-check-trustdb\n"
                                           "trust-model always\n"
                                           // Keys and signatures of the future are told by us.
                                           "ignore-time-conflict\n"
                                           "export-filter drop-subkey=revoked -t || expired -t\n";

KeyState state_of(const _gpgme_key& key) {
  if (key.revoked != 0) return KeyState::revoked;
  const gpgme_subkey_t primary = key.subkeys;
  if (primary != nullptr && primary->timestamp > now() + k_clock_tolerance) {
    return KeyState::not_yet_made;
  }
  return key.expired != 0 ? KeyState::expired : KeyState::usable;
}

} // namespace

struct Keyring::Context {
  ContextPointer pointer;
};

void prepare_keyrings() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpgme_set_global_flag("disable-gpgconf", "1");
    gpgme_check_version(nullptr);
    // The library looks for gpg in PATH, and asks what it finds for its version.
    const std::string path = "PATH=" + std::string(process::k_program_path);
    const std::array<const char*, 3> own = {path.c_str(), "LC_ALL=C", nullptr};
    char** const of_caller = std::exchange(environ, const_cast<char**>(own.data()));
    gpgme_engine_info_t ignored = nullptr;
    gpgme_get_engine_info(&ignored);
    environ = of_caller;
  });
}

Keyring::Keyring(const std::filesystem::path& parent)
    : home_(parent, "keys-"), context_(std::make_unique<Context>()) {
  fs::write_file_atomically(home_.path() / "gpg.conf", k_gpg_options);
  prepare_keyrings();
  gpgme_ctx_t context = nullptr;
  require(gpgme_new(&context), "start gpg");
  context_->pointer.reset(context);
  require(gpgme_set_protocol(context, GPGME_PROTOCOL_OpenPGP), "use OpenPGP");
  const std::filesystem::path program = sandbox::guard_program(home_.path(), "gpg");
  require(gpgme_ctx_set_engine_info(context, GPGME_PROTOCOL_OpenPGP, program.c_str(),
                                    home_.path().c_str()),
          "use gpg");
}

Keyring::~Keyring() = default;

KeyFile Keyring::add(std::string_view key_file_content) {
  if (base::is_private_key(key_file_content)) return KeyFile::private_keys;
  // gpg passes over a block that it cannot read as long as there is another one.
  const std::vector<std::string_view> blocks = key_blocks_of(key_file_content);
  bool has_keys = false;
  bool is_damaged = false;
  for (const std::string_view block : blocks) {
    const KeyFile found = import(block);
    if (found == KeyFile::private_keys) return found;
    has_keys = has_keys || found == KeyFile::public_keys;
    is_damaged = is_damaged || found == KeyFile::damaged;
  }
  if (is_damaged && (has_keys || blocks.size() > 1)) return KeyFile::damaged;
  return has_keys ? KeyFile::public_keys : KeyFile::none;
}

KeyFile Keyring::import(std::string_view block) {
  const auto expected = key_count_of(block);
  if (!expected) return KeyFile::damaged;
  const DataPointer data = data_of(block);
  const gpgme_error_t error = gpgme_op_import(context_->pointer.get(), data.get());
  if (gpgme_err_code(error) == GPG_ERR_NO_DATA) return KeyFile::damaged;
  require(error, "import a key with gpg");
  const gpgme_import_result_t result = gpgme_op_import_result(context_->pointer.get());
  // Whatever the file calls itself.
  if (result != nullptr && result->secret_read > 0) return KeyFile::private_keys;
  if (result == nullptr || result->considered < static_cast<int>(*expected))
    return KeyFile::damaged;
  return result->imported + result->unchanged > 0 ? KeyFile::public_keys : KeyFile::none;
}

std::vector<PublicKey> Keyring::keys() {
  require(gpgme_op_keylist_start(context_->pointer.get(), nullptr, 0), "list keys with gpg");
  std::vector<PublicKey> result;
  while (true) {
    gpgme_key_t raw = nullptr;
    const gpgme_error_t error = gpgme_op_keylist_next(context_->pointer.get(), &raw);
    if (gpgme_err_code(error) == GPG_ERR_EOF) break;
    require(error, "list keys with gpg");
    const KeyPointer key(raw);
    if (key->fpr == nullptr || key->subkeys == nullptr) continue;
    result.push_back({.fingerprint = key->fpr,
                      .content = {},
                      .state = state_of(*key),
                      .made = static_cast<std::int64_t>(key->subkeys->timestamp)});
  }
  for (PublicKey& key : result)
    key.content = exported(key.fingerprint);
  std::sort(result.begin(), result.end());
  return result;
}

std::string Keyring::exported(const std::string& fingerprint) {
  gpgme_data_t raw = nullptr;
  require(gpgme_data_new(&raw), "hold data for gpg");
  const DataPointer data(raw);
  gpgme_set_armor(context_->pointer.get(), 0);
  require(gpgme_op_export(context_->pointer.get(), fingerprint.c_str(), GPGME_EXPORT_MODE_MINIMAL,
                          data.get()),
          "export a key with gpg");
  gpgme_data_seek(data.get(), 0, SEEK_SET);
  std::string content;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t got = gpgme_data_read(data.get(), buffer.data(), buffer.size());
    if (got <= 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

SignatureResult Keyring::verify(std::string_view content, std::string_view detached_signature) {
  const DataPointer signature = data_of(detached_signature);
  const DataPointer text = data_of(content);
  const gpgme_error_t error =
      gpgme_op_verify(context_->pointer.get(), signature.get(), text.get(), nullptr);
  const auto code = gpgme_err_code(error);
  if (code == GPG_ERR_NO_DATA || code == GPG_ERR_BAD_DATA) return {};
  require(error, "verify a signature with gpg");
  const gpgme_verify_result_t result = gpgme_op_verify_result(context_->pointer.get());
  std::optional<SignatureResult> answer;
  for (gpgme_signature_t entry = result == nullptr ? nullptr : result->signatures; entry != nullptr;
       entry = entry->next) {
    const SignatureResult current{verdict_of(*entry), entry->fpr == nullptr ? "" : entry->fpr};
    // Several signers: one that is known and right is enough, but none may be wrong.
    if (current.verdict == SignatureVerdict::bad) return current;
    if (!answer || current.verdict == SignatureVerdict::good) answer = current;
  }
  return answer.value_or(SignatureResult{});
}

} // namespace imagewright::repo
