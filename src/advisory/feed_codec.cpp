// SPDX-License-Identifier: MIT
#include "feed_codec.hpp"

#include <limits>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::advisory {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

// Members that are added and not named in the bindings do not compile.

template <typename Choice>
Choice read_choice(ByteReader& reader, Choice last) {
  const std::uint64_t number = reader.number();
  if (number > static_cast<std::uint64_t>(last)) throw base::BugError("a choice is out of range");
  return static_cast<Choice>(number);
}

bool read_flag(ByteReader& reader) {
  const std::uint64_t number = reader.number();
  if (number > 1) throw base::BugError("a flag is neither of two");
  return number == 1;
}

void write_flag(ByteWriter& writer, bool value) {
  writer.number(value ? 1 : 0);
}

void write(ByteWriter& writer, const base::PackageVersion& version) {
  const auto& [epoch, text, release] = version;
  writer.number(epoch).text(text).text(release);
}

base::PackageVersion read_version(ByteReader& reader) {
  const std::uint64_t epoch = reader.number();
  if (epoch > std::numeric_limits<std::uint32_t>::max())
    throw base::BugError("an epoch of a package is beyond its type");
  base::PackageVersion version{.epoch = static_cast<std::uint32_t>(epoch)};
  version.version = reader.text();
  version.release = reader.text();
  return version;
}

void write(ByteWriter& writer, const Condition& condition) {
  const auto& [package, comparison, version, ignores_distribution_tag] = condition;
  writer.text(package).number(static_cast<std::uint64_t>(comparison));
  write(writer, version);
  write_flag(writer, ignores_distribution_tag);
}

Condition read_condition(ByteReader& reader) {
  Condition condition{.package = reader.text()};
  condition.comparison = read_choice(reader, Comparison::equal);
  condition.version = read_version(reader);
  condition.ignores_distribution_tag = read_flag(reader);
  return condition;
}

void write(ByteWriter& writer, const Advisory& advisory) {
  const auto& [vulnerability, identifier, package, severity, date, alternatives, fixed_in,
               is_without_fix, is_under_investigation, distribution_tag] = advisory;
  writer.text(vulnerability).text(identifier).text(package);
  writer.number(static_cast<std::uint64_t>(severity)).text(date).number(alternatives.size());
  for (const std::vector<Condition>& conditions : alternatives) {
    writer.number(conditions.size());
    for (const Condition& condition : conditions)
      write(writer, condition);
  }
  write_flag(writer, fixed_in.has_value());
  if (fixed_in) write(writer, *fixed_in);
  write_flag(writer, is_without_fix);
  write_flag(writer, is_under_investigation);
  writer.text(distribution_tag);
}

Advisory read_advisory(ByteReader& reader) {
  Advisory advisory;
  advisory.vulnerability = reader.text();
  advisory.identifier = reader.text();
  advisory.package = reader.text();
  advisory.severity = read_choice(reader, Severity::critical);
  advisory.date = reader.text();
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::vector<Condition>& conditions = advisory.alternatives.emplace_back();
    for (std::uint64_t more = reader.number(); more != 0; --more)
      conditions.push_back(read_condition(reader));
  }
  if (read_flag(reader)) advisory.fixed_in = read_version(reader);
  advisory.is_without_fix = read_flag(reader);
  advisory.is_under_investigation = read_flag(reader);
  advisory.distribution_tag = reader.text();
  return advisory;
}

} // namespace

std::string encode(const FeedSource& source) {
  ByteWriter writer;
  writer.text(source.name).number(static_cast<std::uint64_t>(source.form));
  writer.number(source.files.size());
  for (const FeedFile& file : source.files)
    writer.text(file.name).number(file.offset).number(file.size);
  return writer.take();
}

FeedSource decode_feed_source(std::string_view bytes, int descriptor) {
  ByteReader reader(bytes);
  FeedSource source{.name = reader.text(), .form = FeedForm::file, .files = {}};
  source.form = read_choice(reader, FeedForm::directory);
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    FeedFile file{.name = reader.text(), .descriptor = descriptor};
    file.offset = reader.number();
    file.size = reader.number();
    source.files.push_back(std::move(file));
  }
  return source;
}

std::string encode(const Feed& feed) {
  const auto& [kind, file, made, advisories] = feed;
  ByteWriter writer;
  writer.number(static_cast<std::uint64_t>(kind)).text(file);
  write_flag(writer, made.has_value());
  if (made) writer.time(*made);
  writer.number(advisories.size());
  for (const Advisory& advisory : advisories)
    write(writer, advisory);
  return writer.take();
}

Feed decode_feed(std::string_view bytes) {
  ByteReader reader(bytes);
  Feed feed{.kind = read_choice(reader, FeedKind::csaf)};
  feed.file = reader.text();
  if (read_flag(reader)) feed.made = reader.time();
  for (std::uint64_t count = reader.number(); count != 0; --count)
    feed.advisories.push_back(read_advisory(reader));
  if (!reader.at_end()) throw base::BugError("there is more than a feed");
  return feed;
}

} // namespace imagewright::advisory
