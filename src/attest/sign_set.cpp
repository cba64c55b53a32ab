// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/attest/envelope.hpp>
#include <imagewright/attest/published_set.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "set_files.hpp"

namespace imagewright::attest {

namespace {

using Digests = std::map<std::string, base::Digest>;

[[noreturn]] void throw_changed(const std::string& file, const std::string& witness) {
  throw base::Error(
      base::FailureKind::verification, "attest.changed-file",
      fmt::format("{} is not the file that {} speaks of", base::quoted(file), witness),
      "build again, and sign what the build published");
}

void require(const Digests& digests, const std::string& file, const base::Digest& expected,
             const std::string& witness) {
  const auto found = digests.find(file);
  if (found == digests.end()) {
    throw base::Error(
        base::FailureKind::verification, "attest.missing-file",
        fmt::format("{} speaks of {}, which is not there", witness, base::quoted(file)),
        "sign the whole set that a build published");
  }
  if (found->second != expected) throw_changed(file, witness);
}

/// Every file but the statements, each read once.
Digests digests_of(const std::filesystem::path& directory, const std::vector<std::string>& names) {
  Digests digests;
  for (const std::string& name : names) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(directory / name, error) || name.starts_with(".")) {
      throw base::Error(base::FailureKind::input, "attest.not-a-file",
                        fmt::format("{} is no published file, and cannot be signed",
                                    base::quoted((directory / name).string())),
                        "move it elsewhere: a signed set holds files only");
    }
    // Those of before are written anew.
    if (name.ends_with(k_statement_suffix)) continue;
    digests.emplace(name, fs::digest_of_file(directory / name));
  }
  return digests;
}

BuildRequest request_of(const std::filesystem::path& report, const std::string& builder) {
  BuildRequest request{.config = {}, .inputs = {}, .formats = {}, .builder = builder};
  const auto text = fs::find_file(report, k_largest_document);
  if (!text) return request;
  const json::Value document = json::parse(*text, report.string());
  const json::Value* inputs = document.find("inputs");
  if (inputs == nullptr) return request;
  // Where the config stood is the builder's own affair.
  request.config =
      std::filesystem::path(json::string_member(*inputs, "config", report.string())).filename();
  request.inputs = json::string_member(*inputs, "files", report.string());
  for (const json::Value& format : json::array_member(*inputs, "formats", report.string())) {
    if (const std::string* word = format.find_string()) request.formats.push_back(*word);
  }
  return request;
}

/// "node-x86_64.qcow2" belongs to the image "node-x86_64", and neither to "node" nor to another.
const std::string* owner_of(const std::string& file, const std::vector<std::string>& images) {
  const std::string* owner = nullptr;
  for (const std::string& image : images) {
    const bool is_its =
        file.starts_with(image) && file.size() > image.size() && file[image.size()] == '.';
    if (is_its && (owner == nullptr || owner->size() < image.size())) owner = &image;
  }
  return owner;
}

bool is_report(const std::string& file, const std::string& image) {
  return file.substr(image.size()).starts_with(".report.");
}

Statement statement_for(const std::string& image, const std::vector<std::string>& images,
                        const Digests& digests) {
  Statement statement;
  for (const auto& [file, digest] : digests) {
    const std::string* owner = owner_of(file, images);
    if (owner != nullptr && *owner != image) continue;
    const bool is_subject = owner != nullptr && !is_report(file, image);
    (is_subject ? statement.subjects : statement.byproducts).push_back({file, digest});
  }
  return statement;
}

} // namespace

std::vector<SignedStatement> sign_set(const std::filesystem::path& directory, const SigningKey& key,
                                      const std::string& builder) {
  const std::vector<std::string> names = names_in_set(directory);
  const std::vector<std::string> images = images_among(names);
  if (images.empty()) {
    throw base::Error(base::FailureKind::input, "attest.nothing-to-sign",
                      fmt::format("there is no manifest in {}", base::quoted(directory.string())),
                      "give the output directory of a build");
  }
  const Digests digests = digests_of(directory, names);
  if (digests.contains(std::string(k_sums_name))) {
    const std::string sums = fs::read_file(directory / k_sums_name, base::ByteSize::mib(16));
    for (const auto& [file, digest] : parse_sums(sums))
      require(digests, file, digest, std::string(k_sums_name));
  }
  std::vector<SignedStatement> statements;
  std::vector<std::string> texts;
  for (const std::string& image : images) {
    const std::string manifest_file = image + std::string(k_manifest_suffix);
    const audit::Manifest manifest = audit::parse_manifest(
        fs::read_file(directory / manifest_file, audit::k_largest_manifest), manifest_file);
    for (const audit::ArtifactRecord& artifact : manifest.artifacts)
      require(digests, artifact.file, artifact.digest, manifest_file);
    Statement statement = statement_for(image, images, digests);
    const BuildRequest request =
        request_of(directory / (image + std::string(k_report_suffix)), builder);
    texts.push_back(to_text(
        seal(std::string(k_statement_payload_type), to_text(statement, manifest, request), key)));
    statements.push_back({image + std::string(k_statement_suffix), std::move(statement)});
  }
  // Nothing is written before everything is signed.
  for (std::size_t index = 0; index < statements.size(); ++index)
    fs::write_file_atomically(directory / statements[index].file, texts[index]);
  return statements;
}

} // namespace imagewright::attest
