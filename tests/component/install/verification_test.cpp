// SPDX-License-Identifier: MIT
#include <atomic>
#include <fstream>
#include <thread>

#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/install/package_files_reader.hpp>
#include <imagewright/report/reporter.hpp>

#include "package_builder.hpp"

using namespace imagewright;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using imagewright_test::Installation;
using imagewright_test::PackageBuilder;
using imagewright_test::Signing;

namespace {

const char* const k_body = "%install\nmkdir -p %{buildroot}/usr/share/data\nseq 1 20000 > "
                           "%{buildroot}/usr/share/data/numbers\n"
                           "%files\n/usr/share/data\n";

void flip_byte(const std::filesystem::path& path, std::uint64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ 0x40));
}

bool is_untouched(const Installation& installation) {
  return !std::filesystem::exists(installation.path("usr")) &&
         !std::filesystem::exists(installation.path("var"));
}

/// What reading the numbers out of the packages of an installation gives: their size, or a code.
std::string read_numbers(const Installation& installation) {
  const base::Cancellation never;
  try {
    const auto files = install::read_packaged_files(
        install::TrustedPackages{installation.request.packages, installation.request.trust},
        {"/usr/share/data"}, never);
    return std::to_string(files.at("/usr/share/data/numbers").size());
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
}

} // namespace

TEST_CASE("nothing is read of a package that may run before it is installed and is not verified",
          "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  const auto refused = [&](const model::PackageFile& package) {
    Installation installation(builder);
    installation.add(package);
    return read_numbers(installation);
  };
  const auto signed_one = builder.build("signed", k_body);
  CHECK(refused(signed_one) == "108894");
  const auto unsigned_one = builder.build("plain", k_body, {}, Signing::left_out);
  CHECK(refused(unsigned_one) == "install.package-unsigned");
  builder.sign(unsigned_one.path, builder.make_key("stranger"));
  auto foreign = unsigned_one;
  foreign.package.download_size = base::ByteSize(std::filesystem::file_size(foreign.path));
  CHECK(refused(foreign) == "install.unknown-key");
  flip_byte(signed_one.path, std::filesystem::file_size(signed_one.path) - 20);
  CHECK(refused(signed_one) == "install.package-corrupt");
  Installation exempt(builder);
  exempt.add(builder.build("exempt", k_body, {}, Signing::left_out));
  exempt.request.trust["test"].signatures = model::SignatureCheck::skipped;
  CHECK(read_numbers(exempt) == "108894");
}

TEST_CASE("unsigned packages are refused unless their repository is exempt", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("plain", k_body, {}, Signing::left_out));
  CHECK_THAT(
      installation.failure(),
      StartsWith(
          "install.package-unsigned: the package plain-1-1.noarch of the repository \"test\""));
  CHECK(is_untouched(installation));
  installation.request.trust["test"].signatures = model::SignatureCheck::skipped;
  CHECK(installation.run().packages.size() == 1);
}

TEST_CASE("packages of somebody else's key are refused", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  auto package = builder.build("foreign", k_body, {}, Signing::left_out);
  builder.sign(package.path, builder.make_key("stranger"));
  installation.add(package);
  CHECK_THAT(installation.failure(), StartsWith("install.unknown-key"));
  CHECK(is_untouched(installation));
}

TEST_CASE("a key counts only for the repositories that name it", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  const auto other = builder.make_key("other");
  installation.request.trust["other"].public_keys = {other.public_key};
  auto package = builder.build("misplaced", k_body);
  package.package.repository = "other";
  installation.add(builder.build("placed", "%files\n"));
  installation.add(package);
  CHECK_THAT(installation.failure(), StartsWith("install.unknown-key: the package misplaced"));
  installation.request.trust["other"].public_keys.push_back(builder.key().public_key);
  CHECK(installation.run().packages.size() == 2);
}

TEST_CASE("a repository without any word of trust has none", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.request.trust.clear();
  installation.add(builder.build("unknown", "%files\n"));
  CHECK_THAT(installation.failure(), StartsWith("install.unknown-key"));
}

TEST_CASE("one changed byte anywhere after the lead is noticed", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  const auto original = builder.build("data", k_body);
  const std::uint64_t size = std::filesystem::file_size(original.path);
  const std::string content = imagewright_test::read_text(original.path);
  // The magic of the second header; the first one, with the signature, begins after the lead of 96
  // bytes.
  const std::size_t header = content.find("\x8e\xad\xe8\x01", 100);
  REQUIRE(header != std::string::npos);
  for (const auto signatures : {model::SignatureCheck::required, model::SignatureCheck::skipped}) {
    for (const std::uint64_t offset :
         {std::uint64_t{header} + 9, std::uint64_t{header} + 200, std::uint64_t{header} + 1500,
          size / 2, size - 20, size - 1}) {
      INFO("offset " << offset << " of " << size << ", header at " << header);
      Installation installation(builder);
      installation.request.trust["test"].signatures = signatures;
      auto package = original;
      package.path = installation.scratch / "data.rpm";
      std::filesystem::copy_file(original.path, package.path);
      flip_byte(package.path, offset);
      installation.add(package);
      CHECK_THAT(installation.failure(),
                 StartsWith("install.package-corrupt") || StartsWith("install.signature-bad"));
      CHECK(is_untouched(installation));
    }
  }
}

TEST_CASE("a signature that was changed is bad", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  auto package = builder.build("data", k_body);
  const std::string content = imagewright_test::read_text(package.path);
  const std::size_t header = content.find("\x8e\xad\xe8\x01", 100);
  // Tag 268 (RPMSIGTAG_RSA) in the index of the signature header: type 7, offset, count.
  const std::size_t entry = content.find(std::string("\0\0\1\x0c\0\0\0\7", 8));
  REQUIRE(entry != std::string::npos);
  REQUIRE(entry < header);
  const auto number = [&](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t index = 0; index < 4; ++index)
      value = value * 256 + static_cast<unsigned char>(content[at + index]);
    return value;
  };
  const std::uint64_t entries = number(96 + 8);
  const std::uint64_t store = 96 + 16 + 16 * entries;
  flip_byte(package.path, store + number(entry + 8) + number(entry + 12) - 10);
  installation.add(package);
  CHECK_THAT(installation.failure(), StartsWith("install.signature-bad"));
  CHECK(is_untouched(installation));
}

TEST_CASE("a package that is not the one of the lock is refused", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  auto package = builder.build("data", k_body);
  package.package.nevra.version = "2";
  installation.add(package);
  CHECK_THAT(installation.failure(),
             StartsWith("install.package-mismatch") && Contains("is really data-1-1.noarch"));
}

TEST_CASE("each fact of a lock is held against the package", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  const model::PackageFile package = builder.build("data", k_body);
  const auto failure_with = [&](auto change) {
    Installation installation(builder);
    model::PackageFile changed = package;
    change(changed.package);
    installation.add(changed);
    const std::string failure = installation.failure();
    CHECK(is_untouched(installation));
    return failure;
  };
  const auto refuses = StartsWith("install.package-mismatch");
  CHECK_THAT(failure_with([](auto& fact) { fact.nevra.name = "date"; }), refuses);
  CHECK_THAT(failure_with([](auto& fact) { fact.nevra.epoch = 1; }), refuses);
  CHECK_THAT(failure_with([](auto& fact) { fact.nevra.release = "2"; }), refuses);
  CHECK_THAT(failure_with([](auto& fact) { fact.nevra.architecture = "x86_64"; }), refuses);
  CHECK_THAT(failure_with([](auto& fact) { fact.build_time += std::chrono::seconds(1); }),
             refuses && Contains("build time 1600000000, not 1600000001"));
  CHECK_THAT(failure_with(
                 [](auto& fact) { fact.installed_size = fact.installed_size + base::ByteSize(1); }),
             refuses && Contains("installed size"));
  CHECK_THAT(failure_with([](auto& fact) { fact.provenance.source_package = "other-1-1.src.rpm"; }),
             refuses && Contains("source package"));
  CHECK_THAT(failure_with([](auto& fact) { fact.provenance.license = ""; }),
             refuses && Contains("has the licence \"MIT\", not \"\""));
  CHECK_THAT(failure_with([](auto& fact) { fact.provenance.vendor = "somebody"; }),
             refuses && Contains("vendor"));
  CHECK_THAT(
      failure_with([](auto& fact) { fact.download_size = fact.download_size + base::ByteSize(1); }),
      refuses && Contains("file size"));
}

TEST_CASE("what is no package, no key, or not there is named", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  auto package = builder.build("data", k_body);
  SECTION("cut off") {
    std::filesystem::resize_file(package.path, 3000);
    installation.add(package);
    CHECK_THAT(installation.failure(), StartsWith("install.package-corrupt"));
  }
  SECTION("empty") {
    std::filesystem::resize_file(package.path, 0);
    installation.add(package);
    CHECK_THAT(installation.failure(), StartsWith("install.package-corrupt"));
  }
  SECTION("absent") {
    std::filesystem::remove(package.path);
    installation.add(package);
    CHECK_THAT(installation.failure(), StartsWith("install.package-missing"));
  }
  SECTION("key") {
    installation.request.trust["test"].public_keys = {"this is no key"};
    installation.add(package);
    CHECK_THAT(installation.failure(), StartsWith("install.bad-key"));
  }
}

TEST_CASE("a signature over SHA-1 is refused", "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  auto package = builder.build("forgeable", k_body, {}, Signing::left_out);
  builder.sign(package.path, builder.key(), "sha1");
  installation.add(package);
  CHECK_THAT(installation.failure(), StartsWith("install.signature-weak"));
  CHECK(is_untouched(installation));
}

TEST_CASE("a package that is not the one of the lock is refused, whatever its signature",
          "[install]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("data", k_body));
  installation.lock();
  const auto other = builder.build("data", std::string(k_body) + "%doc /usr/share/data/numbers\n");
  installation.request.packages.files.front().path = other.path;
  std::filesystem::resize_file(other.path, std::filesystem::file_size(other.path));
  flip_byte(other.path, 20);
  try {
    report::NullReporter reporter;
    installation.run(reporter);
    FAIL("nothing was thrown");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "install.package-corrupt");
    CHECK(error.kind() == base::FailureKind::verification);
  }
  CHECK(is_untouched(installation));
}

TEST_CASE("the bytes that were verified are the bytes that are installed", "[install][hostile]") {
  IMAGEWRIGHT_NEED_PACKAGES();
  const PackageBuilder builder;
  Installation installation(builder);
  installation.add(builder.build("data", k_body));
  installation.lock();
  const std::filesystem::path path = installation.request.packages.files.front().path;
  const PackageBuilder attacker;
  const auto evil = attacker.build("data",
                                   "%install\nmkdir -p %{buildroot}/usr/share/data\necho evil > "
                                   "%{buildroot}/usr/share/data/numbers\n%files\n/usr/share/data\n",
                                   {}, Signing::left_out);
  // Again and again for as long as the installation goes on: by a rename, and in place.
  const bool is_in_place = GENERATE(false, true);
  std::atomic<bool> is_done{false};
  std::thread meddler([&] {
    while (!is_done) {
      // Not before the copy was made: this is about what comes after it.
      bool is_copied = false;
      for (const auto& entry : std::filesystem::directory_iterator(installation.scratch.path()))
        is_copied = is_copied || entry.path().filename().string().starts_with(".packages-");
      if (!is_copied || !std::filesystem::exists(installation.path("run"))) continue;
      if (is_in_place) {
        std::ofstream(path, std::ios::binary) << imagewright_test::read_text(evil.path);
      } else {
        std::filesystem::copy_file(evil.path, path.string() + ".new",
                                   std::filesystem::copy_options::overwrite_existing);
        std::filesystem::rename(path.string() + ".new", path);
      }
    }
  });
  std::string failure;
  try {
    report::NullReporter reporter;
    installation.run(reporter);
  } catch (const base::Error& error) {
    failure = error.diagnostic().code;
  }
  is_done = true;
  meddler.join();
  CHECK(failure.empty());
  CHECK_THAT(imagewright_test::read_text(installation.path("usr/share/data/numbers")),
             StartsWith("1\n2\n"));
  CHECK(imagewright_test::read_text(path) == imagewright_test::read_text(evil.path));
}
