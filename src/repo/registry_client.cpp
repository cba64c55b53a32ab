// SPDX-License-Identifier: MIT
#include "registry_client.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/repo/remote_files.hpp>

#include "registry_login.hpp"

namespace imagewright::repo {

namespace {

/// OCI image specification, "Media Types", and those of Docker that they come from.
constexpr const char* k_accept =
    "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json";

/// RFC 3986, section 2.3.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') ||
                          std::string_view("-._~").find(c) != std::string_view::npos;
    result += is_plain
                  ? std::string(1, c)
                  : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return result;
}

/// RFC 6750, section 2.1, and no longer than servers take a line to be.
bool is_token(std::string_view token) {
  constexpr std::size_t k_longest_token = 16384;
  const auto is_good = [](char c) { return c > ' ' && c < '\x7f'; };
  return !token.empty() && token.size() <= k_longest_token && std::ranges::all_of(token, is_good);
}

} // namespace

RegistryClient::RegistryClient(const RegistryQuestion& question, const FetchOptions& options,
                               const FetchEnvironment& environment)
    : question_(question), options_(options), environment_(environment),
      reference_(parse_registry_reference(question.reference)) {}

void RegistryClient::fail(base::FailureKind kind, const std::string& code,
                          const std::string& message, const std::string& hint) const {
  throw base::Error(kind,
                    {.code = code, .message = message, .where = question_.where, .hint = hint});
}

void RegistryClient::fail_image(const std::string& message, const std::string& hint) const {
  fail(base::FailureKind::input, "repo.registry-image",
       fmt::format("{} {}", base::quoted(question_.reference), message),
       hint.empty() ? question_.other_way : hint);
}

std::string RegistryClient::subject() const {
  return "what the registry says of " + base::quoted(question_.reference);
}

void RegistryClient::require_network() const {
  if (options_.network == Network::allowed) return;
  fail(base::FailureKind::build, "repo.offline",
       fmt::format("{} is not in the cache", base::quoted(question_.reference)),
       "run once without --offline");
}

/// A token for us, or for whoever comes (distribution's "Token Authentication Specification").
void RegistryClient::ask_for_token(const std::string& challenge) {
  const std::string realm = challenge_parameter(challenge, "realm");
  if (!is_safe_realm(realm, reference_.host)) fail_login();
  const std::string url = fmt::format("{}{}service={}&scope={}", realm,
                                      realm.find('?') == std::string::npos ? '?' : '&',
                                      escaped(challenge_parameter(challenge, "service")),
                                      escaped("repository:" + reference_.name + ":pull"));
  std::vector<std::string> headers;
  if (const auto login = find_registry_login(reference_.host, reference_.name))
    headers.push_back("Authorization: Basic " + *login);
  const RegistryAnswer answer =
      get_from_registry(url, headers, options_, environment_.cancellation);
  std::string token;
  if (answer.status == 200)
    token = read_registry_token(answer.body, subject(), environment_.cancellation);
  if (!is_token(token)) fail_login();
  headers_ = {"Authorization: Bearer " + token};
}

void RegistryClient::fail_login() const {
  fail(base::FailureKind::input, "repo.registry-login",
       fmt::format("the registry {} gives {} only to those that it knows",
                   base::quoted(reference_.host), base::quoted(reference_.name)),
       "name a file with a login for it in REGISTRY_AUTH_FILE, or " + question_.other_way);
}

/// With a token, where the registry wants one.
RegistryAnswer RegistryClient::ask_for(const std::string& url) {
  const auto ask = [&] {
    std::vector<std::string> headers = headers_;
    headers.emplace_back(k_accept);
    return get_from_registry(url, headers, options_, environment_.cancellation);
  };
  RegistryAnswer answer = ask();
  if (answer.status == 401 && headers_.empty()) {
    if (!answer.challenge.empty() || !answer.wants_password) {
      ask_for_token(answer.challenge);
    } else if (const auto login = find_registry_login(reference_.host, reference_.name)) {
      headers_ = {"Authorization: Basic " + *login};
    } else {
      fail_login();
    }
    answer = ask();
  }
  is_introduced_ = true;
  return answer;
}

std::string RegistryClient::fetch_document(const std::string& version) {
  require_network();
  const std::string url = reference_.address() + "manifests/" + version;
  RegistryAnswer answer = ask_for(url);
  if (answer.status == 200) return std::move(answer.body);
  if (answer.status == 401 || answer.status == 403) fail_login();
  const std::string why = answer.status == 0
                              ? answer.fault
                              : fmt::format("{} answers with status {}", url, answer.status);
  if (answer.status == 404)
    fail(base::FailureKind::build, "repo.file-missing",
         fmt::format("there is no image {}: {}", base::quoted(question_.reference), why),
         "correct the reference");
  fail(base::FailureKind::build, "repo.unreachable",
       fmt::format("cannot get the image {}: {}", base::quoted(question_.reference), why),
       answer.hint.empty() ? "check the reference and the network" : answer.hint);
}

base::Digest RegistryClient::look_up_tag() {
  const std::string text = fetch_document(reference_.tag);
  const base::Digest digest = base::digest_of(text);
  environment_.cache.put_text(text);
  return digest;
}

std::string RegistryClient::document(const base::Digest& digest) {
  if (const auto known = environment_.cache.find(digest))
    return fs::read_file(*known, base::ByteSize(k_longest_registry_answer));
  std::string text = fetch_document(digest.to_string());
  if (base::digest_of(text, digest.algorithm) != digest)
    fail(base::FailureKind::verification, "repo.file-checksum",
         fmt::format("the registry gives something else for {}", base::quoted(digest.to_string())),
         "do not use what this registry gives until it is known why");
  if (digest.algorithm == base::DigestAlgorithm::sha256) environment_.cache.put_text(text);
  return text;
}

RegistryManifest RegistryClient::read(const std::string& document) const {
  return read_registry_manifest(document, subject(), environment_.cancellation);
}

base::Digest RegistryClient::digest_of_entry(const RegistryEntry& entry) const {
  const auto digest = base::Digest::parse(entry.digest);
  if (!digest) fail_image("has a manifest with a digest that is none");
  return *digest;
}

std::vector<std::filesystem::path>
RegistryClient::blobs(const std::vector<RegistryEntry>& entries) {
  std::vector<RemoteFileRequest> requests;
  for (const RegistryEntry& entry : entries) {
    if (!entry.has_size) fail_image("has a manifest that does not say how large its files are");
    requests.push_back({.file = {.url = reference_.address() + "blobs/" + entry.digest,
                                 .digest = digest_of_entry(entry),
                                 .size = base::ByteSize(entry.size)},
                        .where = question_.where,
                        .headers = {}});
  }
  const auto is_absent = [&](const RemoteFileRequest& request) {
    return !environment_.cache.find(request.file.digest);
  };
  // The manifest may have come from the cache, and then nobody has asked for a token yet.
  if (!is_introduced_ && options_.network == Network::allowed &&
      std::ranges::any_of(requests, is_absent))
    introduce();
  for (RemoteFileRequest& request : requests)
    request.headers = headers_;
  try {
    return load_remote_files(requests, options_, environment_);
  } catch (const base::Error& error) {
    base::Diagnostic diagnostic = error.diagnostic();
    diagnostic.context.push_back(
        fmt::format("while fetching {} {}", question_.purpose, base::quoted(question_.reference)));
    throw base::Error(error.kind(), std::move(diagnostic));
  }
}

/// Asks for the manifest once more, to learn whether the registry wants to know who comes. What is
/// wrong with its answer, fetching the file will say.
void RegistryClient::introduce() {
  const std::string url = reference_.address() + "manifests/" +
                          (reference_.digest ? reference_.digest->to_string() : reference_.tag);
  const RegistryAnswer answer = ask_for(url);
  if (answer.status == 401) fail_login();
}

} // namespace imagewright::repo
