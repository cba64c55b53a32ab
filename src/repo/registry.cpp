// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/repo/registry.hpp>
#include <imagewright/repo/remote_files.hpp>

#include "registry_http.hpp"
#include "registry_job.hpp"
#include "registry_reference.hpp"

namespace imagewright::repo {

namespace {

/// OCI image specification, "Media Types", and those of Docker that they come from.
constexpr const char* k_accept =
    "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::array<std::string_view, 5> k_endings{".vhdx", ".vhd", ".qcow2", ".img", ".raw"};

bool is_disk(const RegistryEntry& entry) {
  const std::string title = base::to_lower(entry.title);
  return std::ranges::any_of(k_endings,
                             [&](std::string_view ending) { return title.ends_with(ending); });
}

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

class RegistryLoader {
public:
  RegistryLoader(const RegistryImageRequest& request, const FetchOptions& options,
                 const FetchEnvironment& environment)
      : request_(request), options_(options), environment_(environment),
        reference_(parse_registry_reference(request.reference)) {}

  RegistryImage load() {
    const base::Digest top = reference_.digest ? *reference_.digest : look_up_tag();
    RegistryManifest manifest = manifest_of(top);
    if (manifest.is_index) {
      manifest = manifest_of(digest_of_entry(entry_for_platform(manifest)));
      if (manifest.is_index) fail_image("an index in it is no image");
    } else if (request_.has_platform) {
      fail_image("it is of no platform", "remove \"platform\", or name an index");
    }
    const RegistryEntry& disk = disk_in(manifest);
    if (!disk.has_size) fail_image("its manifest does not say how large its file is");
    const model::RemoteFile file{.url = reference_.address() + "blobs/" + disk.digest,
                                 .digest = digest_of_entry(disk),
                                 .size = base::ByteSize(disk.size)};
    const std::filesystem::path path = load_disk(file);
    std::string pinned = request_.reference;
    if (!reference_.digest) pinned += "@" + top.to_string();
    return {.file = path, .reference = std::move(pinned)};
  }

private:
  /// The manifest may have come from the cache, and then nobody has asked for a token yet.
  std::filesystem::path load_disk(const model::RemoteFile& file) {
    if (!is_introduced_ && options_.network == Network::allowed &&
        !environment_.cache.find(file.digest))
      introduce();
    try {
      return load_remote_files({{.file = file, .where = request_.where, .headers = headers_}},
                               options_, environment_)
          .front();
    } catch (const base::Error& error) {
      base::Diagnostic diagnostic = error.diagnostic();
      diagnostic.context.push_back("while fetching the base " + base::quoted(request_.reference));
      throw base::Error(error.kind(), std::move(diagnostic));
    }
  }

  /// Asks for the manifest once more, to learn whether the registry wants to know who comes. What
  /// is wrong with its answer, fetching the file will say.
  void introduce() {
    const std::string url = reference_.address() + "manifests/" +
                            (reference_.digest ? reference_.digest->to_string() : reference_.tag);
    const RegistryAnswer answer = ask_for(url);
    if (answer.status == 401) fail_login();
  }

  [[noreturn]] void fail(base::FailureKind kind, const std::string& code,
                         const std::string& message, const std::string& hint) const {
    throw base::Error(kind,
                      {.code = code, .message = message, .where = request_.where, .hint = hint});
  }

  [[noreturn]] void fail_image(const std::string& why, const std::string& hint = {}) const {
    fail(base::FailureKind::input, "repo.registry-image",
         fmt::format("{} is not one disk image: {}", base::quoted(request_.reference), why),
         hint.empty() ? "name another image, or fetch the file yourself and give it with --image"
                      : hint);
  }

  std::string subject() const {
    return "what the registry says of " + base::quoted(request_.reference);
  }

  void require_network() const {
    if (options_.network == Network::allowed) return;
    fail(base::FailureKind::build, "repo.offline",
         fmt::format("{} is not in the cache", base::quoted(request_.reference)),
         "run once without --offline");
  }

  /// A token for whoever comes (distribution's "Token Authentication Specification").
  void ask_for_token(const std::string& challenge) {
    const std::string realm = challenge_parameter(challenge, "realm");
    if (!is_safe_realm(realm, reference_.host)) fail_login();
    const std::string url = fmt::format("{}{}service={}&scope={}", realm,
                                        realm.find('?') == std::string::npos ? '?' : '&',
                                        escaped(challenge_parameter(challenge, "service")),
                                        escaped("repository:" + reference_.name + ":pull"));
    const RegistryAnswer answer = get_from_registry(url, {}, options_, environment_.cancellation);
    std::string token;
    if (answer.status == 200)
      token = read_registry_token(answer.body, subject(), environment_.cancellation);
    if (!is_token(token)) fail_login();
    headers_ = {"Authorization: Bearer " + token};
  }

  [[noreturn]] void fail_login() const {
    fail(base::FailureKind::input, "repo.registry-login",
         fmt::format("the registry {} gives {} only to those that it knows",
                     base::quoted(reference_.host), base::quoted(reference_.name)),
         "fetch the image with a program that can log in, and give its file with --image");
  }

  /// With a token, where the registry wants one.
  RegistryAnswer ask_for(const std::string& url) {
    const auto ask = [&] {
      std::vector<std::string> headers = headers_;
      headers.emplace_back(k_accept);
      return get_from_registry(url, headers, options_, environment_.cancellation);
    };
    RegistryAnswer answer = ask();
    if (answer.status == 401 && headers_.empty()) {
      ask_for_token(answer.challenge);
      answer = ask();
    }
    is_introduced_ = true;
    return answer;
  }

  std::string fetch_manifest(const std::string& version) {
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
           fmt::format("there is no image {}: {}", base::quoted(request_.reference), why),
           "correct the reference");
    fail(base::FailureKind::build, "repo.unreachable",
         fmt::format("cannot get the image {}: {}", base::quoted(request_.reference), why),
         answer.hint.empty() ? "check the reference and the network" : answer.hint);
  }

  base::Digest look_up_tag() {
    const std::string text = fetch_manifest(reference_.tag);
    const base::Digest digest = base::digest_of(text);
    environment_.cache.put_text(text);
    return digest;
  }

  RegistryManifest manifest_of(const base::Digest& digest) {
    std::string text;
    if (const auto known = environment_.cache.find(digest)) {
      text = fs::read_file(*known, base::ByteSize(k_longest_registry_answer));
    } else {
      text = fetch_manifest(digest.to_string());
      if (base::digest_of(text, digest.algorithm) != digest)
        fail(base::FailureKind::verification, "repo.file-checksum",
             fmt::format("the registry gives something else for {}",
                         base::quoted(digest.to_string())),
             "do not use what this registry gives until it is known why");
      if (digest.algorithm == base::DigestAlgorithm::sha256) environment_.cache.put_text(text);
    }
    RegistryManifest manifest = read_registry_manifest(text, subject(), environment_.cancellation);
    if (!manifest.fault.empty()) fail_image("its manifest " + manifest.fault);
    return manifest;
  }

  base::Digest digest_of_entry(const RegistryEntry& entry) const {
    const auto digest = base::Digest::parse(entry.digest);
    if (!digest) fail_image("its manifest has a digest that is none");
    return *digest;
  }

  const RegistryEntry& entry_for_platform(const RegistryManifest& index) const {
    std::vector<std::string> names;
    for (const RegistryEntry& entry : index.entries) {
      if (entry.os == request_.platform.os && entry.architecture == request_.platform.architecture)
        return entry;
      names.push_back(base::escape_controls(entry.os + "/" + entry.architecture));
    }
    fail_image(fmt::format("it has nothing for {}/{}", request_.platform.os,
                           request_.platform.architecture),
               names.empty() ? ""
                             : "it has " + base::join(names, ", ") + ": say which with platform");
  }

  const RegistryEntry& disk_in(const RegistryManifest& manifest) const {
    const RegistryEntry* found = nullptr;
    for (const RegistryEntry& entry : manifest.entries) {
      if (!is_disk(entry)) continue;
      if (found != nullptr)
        fail_image(fmt::format("it has {} and {}",
                               base::quoted(base::escape_controls(found->title)),
                               base::quoted(base::escape_controls(entry.title))));
      found = &entry;
    }
    if (found == nullptr)
      fail_image("it has no file whose name ends in .vhdx, .vhd, .qcow2, .img or .raw");
    return *found;
  }

  const RegistryImageRequest& request_;
  const FetchOptions& options_;
  const FetchEnvironment& environment_;
  RegistryReference reference_;
  std::vector<std::string> headers_; ///< by which the registry knows us
  bool is_introduced_ = false;       ///< it was asked something
};

} // namespace

RegistryImage load_registry_image(const RegistryImageRequest& request, const FetchOptions& options,
                                  const FetchEnvironment& environment) {
  return RegistryLoader(request, options, environment).load();
}

} // namespace imagewright::repo
