// SPDX-License-Identifier: MIT
#include "publication_times.hpp"

#include <array>
#include <charconv>
#include <memory>
#include <new>
#include <type_traits>

#include <expat.h>

extern "C" {
#include <solv/knownid.h>
#include <solv/solvable.h>
}
#include <imagewright/base/text.hpp>

#include "metadata_job.hpp"

namespace imagewright::resolve {

namespace {

constexpr const char* k_key = "imagewright:published";

/// Reads what it needs of primary.xml: createrepo_c writes checksum and time as children of the
/// package.
class TimesReader {
public:
  explicit TimesReader(const std::string& repository)
      : repository_(repository), parser_(XML_ParserCreate(nullptr), &XML_ParserFree) {
    if (!parser_) throw std::bad_alloc();
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), begin, end);
    XML_SetCharacterDataHandler(parser_.get(), characters);
  }

  PublicationTimes read(std::FILE* text) {
    std::array<char, 65536> buffer{};
    while (true) {
      const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), text);
      if (XML_Parse(parser_.get(), buffer.data(), static_cast<int>(count), count == 0 ? 1 : 0) !=
          XML_STATUS_OK)
        fail(repository_, XML_ErrorString(XML_GetErrorCode(parser_.get())));
      if (count == 0) break;
    }
    if (std::ferror(text) != 0) fail(repository_, "its compression is damaged");
    return std::move(times_);
  }

private:
  static std::string_view attribute_of(const char** attributes, std::string_view name) {
    for (; *attributes != nullptr; attributes += 2) {
      if (attributes[0] == name) return attributes[1];
    }
    return {};
  }

  static std::uint64_t number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && stopped == text.data() + text.size() ? number : 0;
  }

  static void XMLCALL begin(void* self, const char* name, const char** attributes) {
    auto& reader = *static_cast<TimesReader*>(self);
    ++reader.depth_;
    const std::string_view element(name);
    if (reader.depth_ == 2 && element == "package") {
      reader.checksum_.clear();
      reader.time_ = 0;
    }
    reader.is_in_checksum_ = reader.depth_ == 3 && element == "checksum";
    if (reader.depth_ == 3 && element == "time")
      reader.time_ = number_in(attribute_of(attributes, "file"));
  }

  static void XMLCALL end(void* self, const char*) {
    auto& reader = *static_cast<TimesReader*>(self);
    reader.is_in_checksum_ = false;
    if (reader.depth_-- == 2) reader.add();
  }

  static void XMLCALL characters(void* self, const char* text, int length) {
    auto& reader = *static_cast<TimesReader*>(self);
    if (reader.is_in_checksum_ && reader.checksum_.size() < k_longest_checksum)
      reader.checksum_.append(text, static_cast<std::size_t>(length));
  }

  /// What is listed twice was there from the first time on.
  void add() {
    if (time_ == 0 || checksum_.empty()) return;
    const auto [place, is_new] =
        times_.try_emplace(base::to_lower(base::trimmed(checksum_)), time_);
    if (!is_new && time_ < place->second) place->second = time_;
  }

  static constexpr std::size_t k_longest_checksum = 1024;

  const std::string& repository_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser_;
  std::size_t depth_ = 0;
  bool is_in_checksum_ = false;
  std::string checksum_;
  std::uint64_t time_ = 0;
  PublicationTimes times_;
};

} // namespace

PublicationTimes read_publication_times(std::FILE* text, const std::string& repository) {
  return TimesReader(repository).read(text);
}

void keep_publication_times(Repo* repository, const PublicationTimes& times) {
  Repodata* data = repo_add_repodata(repository, 0);
  Id package = 0;
  Solvable* solvable = nullptr;
  FOR_REPO_SOLVABLES(repository, package, solvable) {
    Id type = 0;
    const char* checksum = solvable_lookup_checksum(solvable, SOLVABLE_CHECKSUM, &type);
    const auto time = times.find(checksum == nullptr ? std::string_view() : checksum);
    if (time != times.end()) set_publication_time(data, package, time->second);
  }
  repodata_internalize(data);
}

void set_publication_time(Repodata* data, Id package, std::uint64_t time) {
  repodata_set_num(data, package, pool_str2id(data->repo->pool, k_key, 1), time);
}

std::optional<std::uint64_t> find_publication_time(Pool* pool, Id package) {
  const Id key = pool_str2id(pool, k_key, 1);
  const auto time = solvable_lookup_num(pool_id2solvable(pool, package), key, 0);
  return time == 0 ? std::nullopt : std::optional<std::uint64_t>(time);
}

} // namespace imagewright::resolve
