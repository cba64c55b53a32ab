// SPDX-License-Identifier: MIT
#include "entry_text.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::depot {

namespace {

constexpr auto k_where = "the entry";

[[noreturn]] void throw_unfit(const char* why) {
  throw base::Error(base::FailureKind::verification, "json.unexpected-value", why);
}

/// Neither a path nor anything that a publication would not name.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         std::ranges::all_of(name, [](char character) {
           return character > ' ' && character < 0x7f && character != '/' && character != '\\';
         });
}

} // namespace

std::string entry_text(const base::Digest& key, const std::vector<DepotFile>& files) {
  json::Array items;
  for (const DepotFile& file : files) {
    items.push_back(json::Object{
        {"name", file.name}, {"bytes", file.size}, {"digest", file.digest.to_string()}});
  }
  return json::to_line(json::Object{
      {"imagewrightCacheEntry", 1}, {"key", key.to_string()}, {"files", std::move(items)}});
}

std::vector<DepotFile> files_of_entry(std::string_view text, const base::Digest& key) {
  const json::Value entry = json::parse(text, k_where);
  if (json::unsigned_member(entry, "imagewrightCacheEntry", k_where) != 1)
    throw_unfit("it is of another version of Imagewright");
  if (json::string_member(entry, "key", k_where) != key.to_string())
    throw_unfit("it was signed for another key");
  std::vector<DepotFile> files;
  std::set<std::string> names;
  for (const json::Value& item : json::array_member(entry, "files", k_where)) {
    DepotFile file{.name = json::string_member(item, "name", k_where),
                   .size = json::unsigned_member(item, "bytes", k_where),
                   .digest = {}};
    const auto digest = base::Digest::parse(json::string_member(item, "digest", k_where));
    if (!digest || !is_plain_name(file.name) || !names.insert(file.name).second)
      throw_unfit("it lists a file without a digest or a proper name");
    file.digest = *digest;
    files.push_back(std::move(file));
  }
  return files;
}

} // namespace imagewright::depot
