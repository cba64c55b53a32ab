// SPDX-License-Identifier: MIT
#pragma once

// Small packages, built and signed while the tests run.

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>

#include <imagewright/install/install.hpp>

namespace imagewright_test {

/// A throw-away key pair.
struct SigningKey {
  std::filesystem::path home; ///< of gpg
  std::string public_key;     ///< armored
};

enum class Signing { with_key, left_out };

/// Builds packages in a directory of its own with rpmbuild.
class PackageBuilder {
public:
  PackageBuilder();

  /// `body` is what follows the description in a spec file: %install, %files, scripts. `tags` go
  /// into the preamble.
  imagewright::model::PackageFile build(const std::string& name, const std::string& body,
                                        const std::string& tags = {},
                                        Signing signing = Signing::with_key) const;
  /// A package with the host's /bin/sh and what it needs to run, for packages with scripts.
  imagewright::model::PackageFile build_shell() const;

  const SigningKey& key() const { return key_; }
  /// A second key pair, of somebody else.
  SigningKey make_key(const std::string& name) const;
  void sign(const std::filesystem::path& package, const SigningKey& key,
            const std::string& digest = "sha256") const;
  const ScratchDirectory& scratch() const { return scratch_; }

private:
  std::string run(const std::vector<std::string>& argv,
                  const std::map<std::string, std::string>& environment = {}) const;

  ScratchDirectory scratch_;
  SigningKey key_;
};

/// A root, packages to be installed, and what came of it.
struct Installation {
  explicit Installation(const PackageBuilder& builder);

  void add(imagewright::model::PackageFile file) {
    request.packages.files.push_back(std::move(file));
  }
  /// Makes the files as they are the ones that were asked for.
  void lock();
  /// Locks, and installs.
  imagewright::model::InstalledRoot run();
  imagewright::model::InstalledRoot run(imagewright::report::Reporter& reporter);
  /// The code and text of the error that run() throws: "code: message\ncontext…"; fails the test
  /// when there is none.
  std::string failure();
  /// Output of `rpm --root … ARGUMENTS`.
  std::string rpm(std::vector<std::string> arguments) const;
  /// A device file as the image will have it: "char 1:3 0666 0:0", whatever the host could store.
  std::string describe(const std::string& name) const;
  std::filesystem::path path(const std::string& name) const { return root / name; }

  ScratchDirectory scratch;
  ScratchDirectory records; ///< of owners that the host refuses to store
  std::filesystem::path root;
  imagewright::install::InstallRequest request;
  imagewright::root::Record record; ///< what run() left
};

/// Why packages cannot be built, signed and installed here; empty when they can. Tried once.
const std::string& why_no_packages();

} // namespace imagewright_test

#define IMAGEWRIGHT_NEED_PACKAGES()                                                                \
  if (!imagewright_test::why_no_packages().empty())                                                \
  IMAGEWRIGHT_SKIP(imagewright_test::why_no_packages())
