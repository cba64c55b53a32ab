// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/attest/envelope.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/base/zeros.hpp>
#include <imagewright/depot/depot.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unique_fd.hpp>

#include "action_result.hpp"
#include "entry_text.hpp"
#include "server.hpp"

namespace imagewright::depot {

namespace {

constexpr std::uint64_t k_largest_text = std::uint64_t{1} << 20;
constexpr auto k_envelope = "imagewright.dsse.json";
constexpr auto k_envelope_name = "the entry of the shared cache";

std::string content_path(const base::Digest& digest) {
  return "cas/" + digest.hex;
}

std::string entry_path(const base::Digest& key) {
  return "ac/" + key.hex;
}

/// The address with a slash at its end.
std::string checked_url(const std::string& url) {
  const auto refuse = [](const std::string& why) {
    throw base::Error(base::FailureKind::input, "depot.bad-url",
                      "this is no address of a shared cache: " + why,
                      "give it as https://HOST/PATH/; a login stands in a file of its own");
  };
  const std::string scheme = base::scheme_of(url);
  if (scheme != "http" && scheme != "https") refuse("it begins neither with http nor with https");
  const bool is_plain =
      std::ranges::all_of(url, [](char character) { return character > ' ' && character < 0x7f; });
  if (!is_plain) refuse("it has characters that no address has");
  const std::string_view rest = std::string_view(url).substr(scheme.size() + 3);
  if (rest.empty() || rest.front() == '/') refuse("it names no host");
  // Never repeated in a message: it may be a password.
  if (rest.find('@') != std::string_view::npos) refuse("it has a user or a password in it");
  if (rest.find_first_of("?#") != std::string_view::npos) refuse("it has a query");
  return url.ends_with('/') ? url : url + "/";
}

/// A file without a name, for what is sent from memory.
fs::UniqueFd file_of(const std::string& text) {
  fs::UniqueFd file(::memfd_create("imagewright", MFD_CLOEXEC));
  if (!file) base::throw_system_error("fs.cannot-write", "cannot hold", "a text", errno);
  fs::write_exactly(file.get(), std::as_bytes(std::span(text)), 0, "a text");
  return file;
}

DepotFile described(std::string name, const std::string& text) {
  return {.name = std::move(name), .size = text.size(), .digest = base::digest_of(text)};
}

/// Writes what arrives, with holes for zeros, and digests it.
class ArrivingFile {
public:
  explicit ArrivingFile(const std::filesystem::path& path)
      : path_(path),
        file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644)) {}
  ArrivingFile(const ArrivingFile&) = delete;
  ArrivingFile& operator=(const ArrivingFile&) = delete;
  ArrivingFile(ArrivingFile&&) = delete;
  ArrivingFile& operator=(ArrivingFile&&) = delete;
  ~ArrivingFile() {
    if (file_ && !is_kept_) ::unlink(path_.c_str());
  }

  bool is_open() const { return static_cast<bool>(file_); }

  bool take(std::span<const std::byte> data) {
    hasher_.update(data);
    for (std::size_t done = 0; done < data.size() && !base::is_all_zero(data);) {
      const ssize_t got = ::pwrite(file_.get(), data.data() + done, data.size() - done,
                                   static_cast<off_t>(size_ + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      done += static_cast<std::size_t>(got);
    }
    size_ += data.size();
    return true;
  }

  /// Whether it is all of what was to arrive; then it stays.
  bool finish(const DepotFile& expected) {
    const bool is_whole = size_ == expected.size && hasher_.finish() == expected.digest;
    is_kept_ = is_whole && ::ftruncate(file_.get(), static_cast<off_t>(size_)) == 0;
    return is_kept_;
  }

private:
  const std::filesystem::path& path_;
  fs::UniqueFd file_;
  base::Hasher hasher_;
  std::uint64_t size_ = 0;
  bool is_kept_ = false;
};

} // namespace

struct Depot::State {
  DepotPlace place;
  std::vector<attest::VerificationKey> trusted;
  std::optional<attest::SigningKey> signer;
  Server server;
  bool is_given_up = false;

  State(DepotPlace where, std::vector<attest::VerificationKey> keys,
        std::optional<attest::SigningKey> key, const base::Cancellation& cancellation)
      : place(std::move(where)), trusted(std::move(keys)), signer(std::move(key)),
        server(place, cancellation) {}

  /// What the server did wrong once it will do again.
  ServerAnswer judged(ServerAnswer answer) {
    if (answer.outcome == ServerOutcome::failed) is_given_up = true;
    return answer;
  }

  ServerAnswer get_text(const std::string& path, std::uint64_t largest, std::string& text) {
    return judged(server.get(path, largest, [&](std::span<const std::byte> data) {
      text.append(reinterpret_cast<const char*>(data.data()), data.size());
      return true;
    }));
  }

  ServerAnswer put_text(const std::string& path, const std::string& text) {
    const fs::UniqueFd file = file_of(text);
    return judged(server.put(path, file.get(), text.size()));
  }
};

Depot::Depot(DepotPlace place, std::vector<attest::VerificationKey> trusted,
             std::optional<attest::SigningKey> signer, const base::Cancellation& cancellation) {
  place.url = checked_url(place.url);
  state_ = std::make_unique<State>(std::move(place), std::move(trusted), std::move(signer),
                                   cancellation);
}

Depot::~Depot() = default;

bool Depot::reads() const {
  return !state_->trusted.empty() && !state_->is_given_up;
}

bool Depot::writes() const {
  return state_->signer.has_value() && !state_->is_given_up;
}

DepotEntry Depot::find(const base::Digest& key) {
  const auto refused = [](std::string why) {
    return DepotEntry{.finding = DepotFinding::refused, .reason = std::move(why), .files = {}};
  };
  std::string result;
  ServerAnswer answer = state_->get_text(entry_path(key), k_largest_text, result);
  if (answer.outcome == ServerOutcome::missing) return {};
  if (answer.outcome != ServerOutcome::done) return refused(answer.reason);
  const auto listed = files_of_action_result(result);
  if (!listed) return refused("the entry is damaged");
  const auto place = std::ranges::find(*listed, k_envelope, &DepotFile::name);
  if (place == listed->end()) return refused("the entry is not signed");
  std::string text;
  answer = state_->get_text(content_path(place->digest), k_largest_text, text);
  // Servers drop what was not used for long, one by one.
  if (answer.outcome == ServerOutcome::missing) return {};
  if (answer.outcome != ServerOutcome::done) return refused(answer.reason);
  if (base::digest_of(text) != place->digest) return refused("its signature is damaged");
  try {
    const attest::Envelope envelope = attest::parse_envelope(text, k_envelope_name);
    if (envelope.payload_type != k_entry_type) return refused("what is signed is no entry");
    if (attest::find_signer(envelope, state_->trusted) == nullptr)
      return refused("none of the trusted keys has signed the entry");
    return {.finding = DepotFinding::found,
            .reason = {},
            .files = files_of_entry(envelope.payload, key)};
  } catch (const base::Error& error) {
    return refused(error.diagnostic().message);
  }
}

std::optional<std::string> Depot::fetch(const DepotFile& file,
                                        const std::filesystem::path& target) {
  ArrivingFile arriving(target);
  if (!arriving.is_open()) return "the file cannot be made here";
  if (file.size != 0) {
    const ServerAnswer answer = state_->judged(
        state_->server.get(content_path(file.digest), file.size,
                           [&](std::span<const std::byte> data) { return arriving.take(data); }));
    if (answer.outcome == ServerOutcome::not_taken) return "the file cannot be written here";
    if (answer.outcome != ServerOutcome::done) return answer.reason;
  }
  if (!arriving.finish(file)) return "it is not what was signed";
  return std::nullopt;
}

bool Depot::has(const base::Digest& key) {
  std::string ignored;
  return state_->get_text(entry_path(key), k_largest_text, ignored).outcome == ServerOutcome::done;
}

std::optional<std::string> Depot::put(const base::Digest& key, const std::vector<DepotFile>& files,
                                      const std::vector<std::filesystem::path>& places) {
  IMAGEWRIGHT_ASSERT(files.size() == places.size() && state_->signer);
  for (std::size_t index = 0; index < files.size(); ++index) {
    if (files[index].size == 0) continue;
    const fs::UniqueFd file = fs::open_for_reading(places[index]);
    const ServerAnswer answer = state_->judged(
        state_->server.put(content_path(files[index].digest), file.get(), files[index].size));
    if (answer.outcome != ServerOutcome::done) return answer.reason;
  }
  const std::string envelope =
      attest::to_text(attest::seal(k_entry_type, entry_text(key, files), *state_->signer));
  std::vector<DepotFile> listed{described(k_envelope, envelope)};
  listed.insert(listed.end(), files.begin(), files.end());
  const ServerAnswer sealed = state_->put_text(content_path(listed.front().digest), envelope);
  if (sealed.outcome != ServerOutcome::done) return sealed.reason;
  const ServerAnswer answer = state_->put_text(entry_path(key), action_result(listed));
  if (answer.outcome != ServerOutcome::done) return answer.reason;
  return std::nullopt;
}

} // namespace imagewright::depot
