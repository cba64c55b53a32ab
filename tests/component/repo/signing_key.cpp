// SPDX-License-Identifier: MIT
#include "signing_key.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

bool can_make_keys() {
  return imagewright_test::has_program("gpg");
}

namespace {

/// gpg writes a revocation with each key; a colon in front keeps it from being used by mistake.
std::string revocation_of(const std::filesystem::path& directory) {
  const auto file = std::filesystem::directory_iterator(directory)->path();
  std::string text = imagewright_test::read_text(file);
  const std::size_t begin = text.find(":-----BEGIN");
  REQUIRE(begin != std::string::npos);
  const auto armed = directory / "armed";
  std::ofstream(armed) << text.substr(begin + 1);
  return armed.string();
}

} // namespace

SigningKey::SigningKey(KeyKind kind) {
  std::filesystem::permissions(home_.path(), std::filesystem::perms::owner_all);
  std::string options = "--passphrase '' ";
  if (kind == KeyKind::expired) options += "--faked-system-time 20200101T000000 ";
  if (kind == KeyKind::future) options += "--faked-system-time 20990101T000000 ";
  run(options + "--quick-gen-key test@example.invalid " +
      (kind == KeyKind::rsa ? "rsa2048" : "ed25519") + " sign " +
      (kind == KeyKind::expired ? "1y" : "never"));
  if (kind == KeyKind::revoked) {
    run("--passphrase '' --yes --import " + revocation_of(home_ / "openpgp-revocs.d"));
  }
  run("--armor --output " + (home_ / "public").string() + " --export");
  run("--with-colons --list-keys > " + (home_ / "list").string());
  run("--output " + (home_ / "binary").string() + " --export");
  binary_key_ = imagewright_test::read_text(home_ / "binary");
  public_key_ = imagewright_test::read_text(home_ / "public");
  const std::string list = imagewright_test::read_text(home_ / "list");
  const std::size_t line = list.find("\nfpr:");
  REQUIRE(line != std::string::npos);
  const std::size_t begin = list.find_first_not_of("fpr:", line + 1);
  fingerprint_ = list.substr(begin, list.find(':', begin) - begin);
}

SigningKey::~SigningKey() {
  const std::string command = "gpgconf --homedir " + home_.path().string() + " --kill all";
  if (std::system(command.c_str()) != 0) WARN("the agent of the test keyring is still running");
}

std::string SigningKey::private_key() const {
  run("--passphrase '' --yes --armor --output " + (home_ / "private").string() +
      " --export-secret-keys");
  return imagewright_test::read_text(home_ / "private");
}

std::string SigningKey::binary_private_key() const {
  run("--passphrase '' --yes --output " + (home_ / "private").string() + " --export-secret-keys");
  return imagewright_test::read_text(home_ / "private");
}

std::string SigningKey::bare_key() const {
  // RFC 4880, section 4.2.2: an old-format packet with a length of one or two bytes.
  const auto at = [&](std::size_t index) {
    return static_cast<unsigned char>(binary_key_.at(index));
  };
  REQUIRE((at(0) & 0xC0U) == 0x80U);
  const bool is_long = (at(0) & 3U) == 1U;
  const std::size_t length = is_long ? 3U + at(1) * 256U + at(2) : 2U + at(1);
  return binary_key_.substr(0, length);
}

std::string SigningKey::sign(const std::string& content, const std::string& options) const {
  const auto file = home_.write("content", content);
  const auto signature = home_ / "content.asc";
  std::filesystem::remove(signature);
  run(options + " --passphrase '' --armor --output " + signature.string() + " --detach-sign " +
      file.string());
  return imagewright_test::read_text(signature);
}

void SigningKey::run(const std::string& arguments) const {
  const std::string command = "gpg --batch --quiet --no-tty --pinentry-mode loopback --homedir " +
                              home_.path().string() + " " + arguments + " 2>" +
                              (home_ / "errors").string();
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}
