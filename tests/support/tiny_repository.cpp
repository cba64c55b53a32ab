// SPDX-License-Identifier: MIT
#include <array>
#include <cstdio>
#include <functional>
#include <string_view>

#include <imagewright_test/tiny_repository.hpp>

namespace imagewright_test {

namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char character : text) {
    if (character == '<') {
      result += "&lt;";
    } else if (character == '>') {
      result += "&gt;";
    } else if (character == '&') {
      result += "&amp;";
    } else if (character == '"') {
      result += "&quot;";
    } else {
      result += character;
    }
  }
  return result;
}

std::string full_name(const TinyPackage& package) {
  return package.name + "-" + package.epoch + "-" + package.version + "-" + package.release + "." +
         package.architecture;
}

/// 64 hexadecimal digits that differ between packages.
std::string checksum_of(const TinyPackage& package) {
  if (!package.checksum.empty()) return package.checksum;
  std::uint64_t hash = 14695981039346656037ULL; // FNV-1a
  for (const char character : full_name(package)) {
    hash = (hash ^ static_cast<unsigned char>(character)) * 1099511628211ULL;
  }
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  std::string result;
  for (int count = 0; count < 4; ++count)
    result += digits.data();
  return result;
}

std::string evr_attributes(std::string_view evr) {
  std::string epoch = "0";
  const std::size_t colon = evr.find(':');
  if (colon != std::string_view::npos) {
    epoch = evr.substr(0, colon);
    evr.remove_prefix(colon + 1);
  }
  const std::size_t dash = evr.find('-');
  std::string result = " epoch=\"" + epoch + "\" ver=\"" + escaped(evr.substr(0, dash)) + "\"";
  if (dash != std::string_view::npos) {
    result += " rel=\"" + escaped(evr.substr(dash + 1)) + "\"";
  }
  return result;
}

std::string entry(const std::string& dependency) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> comparisons{
      {{" >= ", "GE"}, {" <= ", "LE"}, {" = ", "EQ"}, {" > ", "GT"}, {" < ", "LT"}}};
  std::string attributes = " name=\"" + escaped(dependency) + "\"";
  if (!dependency.starts_with('(')) {
    for (const auto& [sign, word] : comparisons) {
      const std::size_t found = dependency.find(sign);
      if (found == std::string::npos) continue;
      attributes = " name=\"" + escaped(dependency.substr(0, found)) + "\" flags=\"" +
                   std::string(word) + "\"" +
                   evr_attributes(std::string_view(dependency).substr(found + sign.size()));
      break;
    }
  }
  return "<rpm:entry" + attributes + "/>";
}

std::string entries(const std::string& kind, const std::vector<std::string>& dependencies) {
  if (dependencies.empty()) return {};
  std::string result = "<rpm:" + kind + ">";
  for (const std::string& dependency : dependencies)
    result += entry(dependency);
  return result + "</rpm:" + kind + ">";
}

bool is_in_primary(const std::string& path) {
  return path.starts_with("/etc/") || path.find("bin/") != std::string::npos ||
         path == "/usr/lib/sendmail";
}

std::string file_entries(const TinyPackage& package,
                         const std::function<bool(const std::string&)>& is_wanted) {
  std::string result;
  for (const std::string& file : package.files) {
    if (is_wanted(file)) result += "<file>" + escaped(file) + "</file>";
  }
  return result;
}

std::string version_element(const TinyPackage& package) {
  return "<version epoch=\"" + package.epoch + "\" ver=\"" + escaped(package.version) +
         "\" rel=\"" + escaped(package.release) + "\"/>";
}

std::string base_attribute(const std::string& base) {
  return base.empty() ? std::string() : " xml:base=\"" + escaped(base) + "\"";
}

std::string primary_package(const TinyPackage& package) {
  std::vector<std::string> provides = package.provides;
  provides.push_back(package.name + " = " + package.epoch + ":" + package.version + "-" +
                     package.release);
  const std::string location =
      package.location.empty() ? "Packages/" + full_name(package) + ".rpm" : package.location;
  return "<package type=\"rpm\"><name>" + escaped(package.name) + "</name><arch>" +
         package.architecture + "</arch>" + version_element(package) + "<checksum type=\"" +
         package.checksum_type + "\" pkgid=\"YES\">" + checksum_of(package) +
         "</checksum><summary>s</summary><description>d</description>"
         "<time file=\"1700000000\" build=\"1600000000\"/><size package=\"" +
         std::to_string(package.size) + "\" installed=\"2000\" archive=\"2000\"/><location" +
         base_attribute(package.base) + " href=\"" + escaped(location) + "\"/><format>" +
         entries("provides", provides) + entries("requires", package.needs) +
         entries("conflicts", package.conflicts) + entries("obsoletes", package.obsoletes) +
         entries("recommends", package.recommends) + entries("supplements", package.supplements) +
         file_entries(package, is_in_primary) + "</format></package>\n";
}

} // namespace

std::string primary_xml(const std::vector<TinyPackage>& packages) {
  std::string result = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<metadata xmlns=\"http://linux.duke.edu/metadata/common\" "
                       "xmlns:rpm=\"http://linux.duke.edu/metadata/rpm\" packages=\"" +
                       std::to_string(packages.size()) + "\">\n";
  for (const TinyPackage& package : packages)
    result += primary_package(package);
  return result + "</metadata>\n";
}

std::string filelists_xml(const std::vector<TinyPackage>& packages) {
  std::string result = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<filelists xmlns=\"http://linux.duke.edu/metadata/filelists\" packages=\"" +
                       std::to_string(packages.size()) + "\">\n";
  for (const TinyPackage& package : packages) {
    result += "<package pkgid=\"" + checksum_of(package) + "\" name=\"" + escaped(package.name) +
              "\" arch=\"" + package.architecture + "\">" + version_element(package) +
              file_entries(package, [](const std::string&) { return true; }) + "</package>\n";
  }
  return result + "</filelists>\n";
}

std::string repomd_xml(const std::vector<TinyRecord>& records) {
  std::string result = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">\n"
                       "<revision>1</revision>\n";
  for (const TinyRecord& record : records) {
    result += "<data type=\"" + record.type + "\"><checksum type=\"" + record.checksum_type +
              "\">" + record.checksum + "</checksum><location" + base_attribute(record.base) +
              " href=\"" + escaped(record.path) + "\"/><timestamp>1</timestamp><size>" +
              std::to_string(record.size) + "</size></data>\n";
  }
  return result + "</repomd>\n";
}

} // namespace imagewright_test
