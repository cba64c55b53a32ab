// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "feeds.hpp"
#include "xml_reader.hpp"

// updateinfo.xml as repositories of the Fedora family have it: each update names the binary
// packages that have the fix.

namespace imagewright::advisory {

namespace {

struct Update {
  std::string identifier;
  Severity severity = Severity::unknown;
  std::string date;
  std::vector<std::string> vulnerabilities;
  std::map<std::string, base::PackageVersion> packages;
  bool is_security = false;
};

class UpdateinfoListener final : public XmlListener {
public:
  explicit UpdateinfoListener(std::string file) : file_(std::move(file)) {}

  Feed take() {
    if (!is_whole_) throw_damaged_feed(file_, "it is no updateinfo document");
    return {.kind = FeedKind::updateinfo,
            .file = file_,
            .made = newest_,
            .advisories = std::move(advisories_)};
  }

private:
  void on_begin(const XmlElement& element) override {
    if (element.name == "update") {
      update_.emplace();
      update_->is_security = element.attribute("type") == "security";
    } else if (update_ && element.name == "package") {
      begin_package(element);
    }
  }

  void begin_package(const XmlElement& element) {
    const std::string& epoch = element.attribute("epoch");
    const auto version = base::PackageVersion::parse(
        fmt::format("{}:{}-{}", epoch.empty() ? "0" : epoch, element.attribute("version"),
                    element.attribute("release")));
    if (!version || element.attribute("name").empty())
      throw_damaged_feed(file_, fmt::format("the update {} has a package without name or version",
                                            base::quoted(update_->identifier)));
    // The same package stands once for each architecture; the lowest version that has the fix
    // counts.
    const auto [known, is_new] = update_->packages.emplace(element.attribute("name"), *version);
    if (!is_new && base::compare_versions(*version, known->second) < 0) known->second = *version;
  }

  void on_end(const XmlElement& element) override {
    if (element.name == "updates") is_whole_ = true;
    if (!update_) return;
    if (element.name == "id") {
      update_->identifier = element.text;
    } else if (element.name == "severity") {
      update_->severity = find_severity(element.text).value_or(Severity::unknown);
    } else if (element.name == "issued") {
      update_->date = element.attribute("date");
      const auto time = parse_time(update_->date);
      if (time && (!newest_ || *time > *newest_)) newest_ = time;
    } else if (element.name == "reference" && element.attribute("type") == "cve") {
      update_->vulnerabilities.push_back(element.attribute("id"));
    } else if (element.name == "update") {
      end_update();
    }
  }

  void end_update() {
    const Update update = std::move(*update_);
    update_.reset();
    if (!update.is_security) return;
    std::set<std::string> names(update.vulnerabilities.begin(), update.vulnerabilities.end());
    if (names.empty()) names.insert(update.identifier);
    for (const std::string& name : names) {
      for (const auto& [package, version] : update.packages) {
        advisories_.push_back({.vulnerability = name,
                               .identifier = update.identifier,
                               .package = package,
                               .severity = update.severity,
                               .date = update.date,
                               .alternatives = {{{.package = package, .version = version}}},
                               .fixed_in = version});
      }
    }
  }

  std::string file_;
  bool is_whole_ = false;
  std::optional<base::Epoch> newest_;
  std::optional<Update> update_;
  std::vector<Advisory> advisories_;
};

} // namespace

Feed read_updateinfo(const FeedFile& file) {
  UpdateinfoListener listener(file.name);
  read_xml(file, listener);
  return listener.take();
}

} // namespace imagewright::advisory
