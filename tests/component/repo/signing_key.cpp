// SPDX-License-Identifier: MIT
#include "signing_key.hpp"

#include <cstdlib>

#include <catch2/catch.hpp>

bool can_make_keys() {
  return imagewright_test::has_program("gpg");
}

SigningKey::SigningKey() {
  std::filesystem::permissions(home_.path(), std::filesystem::perms::owner_all);
  run("--passphrase '' --quick-gen-key test@example.invalid ed25519 sign never");
  run("--armor --output " + (home_ / "public").string() + " --export");
  run("--with-colons --list-keys > " + (home_ / "list").string());
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

std::string SigningKey::sign(const std::string& content) const {
  const auto file = home_.write("content", content);
  const auto signature = home_ / "content.asc";
  std::filesystem::remove(signature);
  run("--passphrase '' --armor --output " + signature.string() + " --detach-sign " + file.string());
  return imagewright_test::read_text(signature);
}

void SigningKey::run(const std::string& arguments) const {
  const std::string command = "gpg --batch --quiet --no-tty --pinentry-mode loopback --homedir " +
                              home_.path().string() + " " + arguments + " 2>" +
                              (home_ / "errors").string();
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}
