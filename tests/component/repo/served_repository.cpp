// SPDX-License-Identifier: MIT
#include "served_repository.hpp"

#include <imagewright_test/tiny_repository.hpp>

#include <catch2/catch.hpp>

using namespace imagewright;
using imagewright_test::TinyPackage;

namespace {

std::string package_content(const std::string& name) {
  std::string content;
  for (int line = 0; line < 20000; ++line)
    content += name + " " + std::to_string(line) + "\n";
  return content;
}

TinyPackage tiny_package(const std::string& name) {
  const std::string content = package_content(name);
  return {.name = name,
          .files = {"/usr/share/" + name},
          .checksum = base::digest_of(content).hex,
          .location = "Packages/" + name + ".rpm",
          .size = content.size()};
}

} // namespace

RepositoryFiles make_repository(const SigningKey* key) {
  const std::vector<TinyPackage> packages{tiny_package("app"), tiny_package("tool")};
  RepositoryFiles files;
  files["/repodata/primary.xml"] = imagewright_test::primary_xml(packages);
  files["/repodata/filelists.xml"] = imagewright_test::filelists_xml(packages);
  for (const TinyPackage& package : packages) {
    files["/" + package.location] = package_content(package.name);
  }
  std::vector<imagewright_test::TinyRecord> records;
  for (const char* type : {"primary", "filelists"}) {
    const std::string path = std::string("repodata/") + type + ".xml";
    const std::string& content = files.at("/" + path);
    records.push_back({type, path, base::digest_of(content).hex, content.size()});
  }
  files["/repodata/repomd.xml"] = imagewright_test::repomd_xml(records);
  if (key != nullptr) {
    files["/repodata/repomd.xml.asc"] = key->sign(files["/repodata/repomd.xml"]);
  }
  return files;
}

model::ArchitectureLock lock_of(const RepositoryFiles& files, const std::string& repository) {
  model::ArchitectureLock lock{.architecture = "x86_64"};
  for (const char* name : {"app", "tool"}) {
    const std::string location = std::string("Packages/") + name + ".rpm";
    const std::string& content = files.at("/" + location);
    lock.packages.push_back(
        {.nevra = {.name = name, .version = "1", .release = "1", .architecture = "x86_64"},
         .repository = repository,
         .location = location,
         .checksum = base::digest_of(content),
         .download_size = base::ByteSize(content.size())});
  }
  return lock;
}

repo::RepositorySet Fetching::set(const std::vector<model::Repository>& repositories) {
  return {repositories, "x86_64", options, {cache, reporter, cancellation}};
}

model::Repository unsigned_repository(const std::string& url) {
  return {.name = "base",
          .base_url = url,
          .package_signatures = model::SignatureCheck::skipped,
          .metadata_signature = model::SignatureCheck::skipped,
          .where = {"node.yaml", 7, 3}};
}

void serve(HttpServer& server, const RepositoryFiles& files, const std::string& prefix) {
  for (const auto& [path, content] : files)
    server.serve(prefix + path, {.content = content});
}

base::Diagnostic error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.diagnostic();
  }
  return {.code = "no error"};
}

base::FailureKind kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const base::Error& error) {
    return error.kind();
  }
  FAIL("no error");
  return base::FailureKind::build;
}
