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
  writer.flag(ignores_distribution_tag);
}

Condition read_condition(ByteReader& reader) {
  Condition condition{.package = reader.text()};
  condition.comparison = reader.choice(Comparison::equal);
  condition.version = read_version(reader);
  condition.ignores_distribution_tag = reader.flag();
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
  writer.flag(fixed_in.has_value());
  if (fixed_in) write(writer, *fixed_in);
  writer.flag(is_without_fix).flag(is_under_investigation).text(distribution_tag);
}

Advisory read_advisory(ByteReader& reader) {
  Advisory advisory;
  advisory.vulnerability = reader.text();
  advisory.identifier = reader.text();
  advisory.package = reader.text();
  advisory.severity = reader.choice(Severity::critical);
  advisory.date = reader.text();
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::vector<Condition>& conditions = advisory.alternatives.emplace_back();
    for (std::uint64_t more = reader.number(); more != 0; --more)
      conditions.push_back(read_condition(reader));
  }
  if (reader.flag()) advisory.fixed_in = read_version(reader);
  advisory.is_without_fix = reader.flag();
  advisory.is_under_investigation = reader.flag();
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
  source.form = reader.choice(FeedForm::directory);
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
  writer.flag(made.has_value());
  if (made) writer.time(*made);
  writer.number(advisories.size());
  for (const Advisory& advisory : advisories)
    write(writer, advisory);
  return writer.take();
}

Feed decode_feed(std::string_view bytes) {
  ByteReader reader(bytes);
  Feed feed{.kind = reader.choice(FeedKind::csaf)};
  feed.file = reader.text();
  if (reader.flag()) feed.made = reader.time();
  for (std::uint64_t count = reader.number(); count != 0; --count)
    feed.advisories.push_back(read_advisory(reader));
  if (!reader.at_end()) throw base::BugError("there is more than a feed");
  return feed;
}

} // namespace imagewright::advisory
