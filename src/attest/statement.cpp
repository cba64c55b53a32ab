// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/attest/statement.hpp>
#include <imagewright/audit/package_url.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/json/value.hpp>

// https://in-toto.io/Statement/v1, https://slsa.dev/spec/v1.0/provenance

namespace imagewright::attest {

namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr std::string_view k_statement_type = "https://in-toto.io/Statement/v1";
constexpr std::string_view k_predicate_type = "https://slsa.dev/provenance/v1";
constexpr std::string_view k_build_type = "urn:imagewright:build:1";

Value digest_set(const base::Digest& digest) {
  return Object{{std::string(base::to_string(digest.algorithm)), digest.hex}};
}

Array descriptors(const std::vector<NamedFile>& files) {
  Array array;
  for (const NamedFile& file : files)
    array.push_back(Object{{"name", file.name}, {"digest", digest_set(file.digest)}});
  return array;
}

Array dependencies(const audit::Manifest& manifest) {
  Array array;
  for (const model::LockedRepository& repository : manifest.repositories) {
    array.push_back(Object{{"name", "metadata of " + repository.name},
                           {"uri", repository.address},
                           {"digest", digest_set(repository.metadata)}});
  }
  for (const model::LockedPackage& package : manifest.packages) {
    array.push_back(Object{{"name", package.nevra.to_string()},
                           {"uri", audit::package_url(package, manifest)},
                           {"digest", digest_set(package.checksum)}});
  }
  return array;
}

Object build_definition(const audit::Manifest& manifest, const BuildRequest& request) {
  Array formats;
  for (const std::string& format : request.formats)
    formats.emplace_back(format);
  Object external{{"name", manifest.name},
                  {"architecture", manifest.architecture},
                  {"release", manifest.release}};
  if (!request.config.empty()) external.emplace_back("config", request.config);
  if (!request.inputs.empty()) external.emplace_back("inputs", request.inputs);
  if (!formats.empty()) external.emplace_back("formats", std::move(formats));
  return {{"buildType", k_build_type},
          {"externalParameters", std::move(external)},
          {"internalParameters",
           Object{{"sourceDateEpoch", manifest.epoch.time_since_epoch().count()}}},
          {"resolvedDependencies", dependencies(manifest)}};
}

/// One more hand that reads statements: knows the file's name for messages.
class StatementReader {
public:
  explicit StatementReader(const std::string& file) : file_(file) {}

  Statement read(const Value& document) const {
    if (text(document, "_type") != k_statement_type) damaged("it is no in-toto statement");
    if (text(document, "predicateType") != k_predicate_type)
      damaged("it does not speak of provenance");
    const Value& predicate = part(document, "predicate");
    const Value& run = part(predicate, "runDetails");
    if (text(part(predicate, "buildDefinition"), "buildType") != k_build_type)
      damaged("another program's build is meant");
    Statement statement{.subjects = files(part(document, "subject")), .byproducts = {}};
    if (const Value* byproducts = run.find("byproducts")) statement.byproducts = files(*byproducts);
    if (statement.subjects.empty()) damaged("it names no file");
    return statement;
  }

private:
  [[noreturn]] void damaged(const std::string& why) const {
    throw base::Error(base::FailureKind::verification, "attest.damaged-statement",
                      fmt::format("what {} signs cannot be used: {}", base::quoted(file_), why),
                      "give a directory that imagewright sign has signed");
  }

  const Value& part(const Value& object, std::string_view name) const {
    const Value* value = object.find(name);
    if (value == nullptr) damaged(fmt::format("{} is missing", base::quoted(name)));
    return *value;
  }

  const std::string& text(const Value& object, std::string_view name) const {
    const std::string* found = part(object, name).find_string();
    if (found == nullptr) damaged(fmt::format("{} is no text", base::quoted(name)));
    return *found;
  }

  std::vector<NamedFile> files(const Value& list) const {
    const Array* array = list.find_array();
    if (array == nullptr) damaged("a list of files is no list");
    std::vector<NamedFile> result;
    for (const Value& value : *array) {
      const std::string& name = text(value, "name");
      const bool is_plain = !name.empty() && name != "." && name != ".." &&
                            name.find('/') == std::string::npos &&
                            !base::has_control_characters(name);
      if (!is_plain) damaged(fmt::format("{} is no file of its directory", base::quoted(name)));
      const auto digest = base::Digest::parse("sha256:" + text(part(value, "digest"), "sha256"));
      if (!digest) damaged(fmt::format("the digest of {} is none", base::quoted(name)));
      result.push_back({name, *digest});
    }
    return result;
  }

  const std::string& file_;
};

} // namespace

std::string to_text(const Statement& statement, const audit::Manifest& manifest,
                    const BuildRequest& request) {
  const std::string run = audit::bill_identifier(manifest).to_string();
  Object details{{"builder", Object{{"id", request.builder},
                                    {"version", Object{{"imagewright", manifest.tool_version}}}}},
                 {"metadata", Object{{"invocationId", "urn:uuid:" + run}}}};
  if (!statement.byproducts.empty())
    details.emplace_back("byproducts", descriptors(statement.byproducts));
  return json::to_line(
      Object{{"_type", k_statement_type},
             {"subject", descriptors(statement.subjects)},
             {"predicateType", k_predicate_type},
             {"predicate", Object{{"buildDefinition", build_definition(manifest, request)},
                                  {"runDetails", std::move(details)}}}});
}

Statement parse_statement(std::string_view text, const std::string& file) {
  try {
    return StatementReader(file).read(json::parse(text, file));
  } catch (base::Error& error) {
    if (error.diagnostic().code != "json.syntax") throw;
    throw base::Error(base::FailureKind::verification, "attest.damaged-statement",
                      fmt::format("what {} signs is no JSON", base::quoted(file)), "sign again");
  }
}

} // namespace imagewright::attest
