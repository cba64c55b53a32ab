// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/inspect/entrances.hpp>

#include "unit_links.hpp"

namespace imagewright::inspect {

namespace {

std::vector<std::vector<std::string>> records_of(const SystemView& view, const std::string& path) {
  std::vector<std::vector<std::string>> records;
  for (const std::string& line : base::split(view.read(path).value_or(""), '\n')) {
    if (!line.empty()) records.push_back(base::split(line, ':'));
  }
  return records;
}

/// shadow(5)
std::string password_state(const std::string& field) {
  if (field.empty()) return "none";
  return field[0] == '!' || field[0] == '*' ? "locked" : "set";
}

std::string count_of_keys(const SystemView& view, const std::string& home) {
  const std::string text = view.read(home + "/.ssh/authorized_keys").value_or("");
  const auto lines = base::split(text, '\n');
  return fmt::format("{}", std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
                       const std::string_view trimmed = base::trimmed(line);
                       return !trimmed.empty() && trimmed[0] != '#';
                     }));
}

/// A unit's own file, and the files that add to it, as systemd would read them one after another.
std::vector<std::string> files_of_unit(const SystemView& view, const std::string& unit) {
  std::vector<std::string> texts;
  const std::vector<std::string> places{"/etc/systemd/system/", "/usr/lib/systemd/system/"};
  for (const std::string& place : places) {
    if (auto text = view.read(place + unit)) {
      texts.push_back(*std::move(text));
      break;
    }
  }
  std::map<std::string, std::string> additions; // /etc counts where both have one
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    for (const std::string& name : view.list(*place + unit + ".d")) {
      if (name.ends_with(".conf"))
        additions[name] = view.read(fmt::format("{}{}.d/{}", *place, unit, name)).value_or("");
    }
  }
  for (auto& [name, text] : additions)
    texts.push_back(std::move(text));
  return texts;
}

/// "stream" of "ListenStream"; nothing for other settings.
std::optional<std::string> kind_of_socket(std::string_view setting) {
  if (setting == "ListenStream") return "stream";
  if (setting == "ListenDatagram") return "datagram";
  if (setting == "ListenSequentialPacket") return "packet";
  return std::nullopt;
}

/// A path or a name of this machine's own is nothing that the network reaches.
bool is_of_network(std::string_view address) {
  return !address.empty() && address[0] != '/' && address[0] != '@' && address[0] != '%';
}

void add_addresses(const std::string& text, std::set<std::string>& addresses) {
  bool is_socket_part = false;
  for (const std::string& whole : base::split(text, '\n')) {
    const std::string_view line = base::trimmed(whole);
    if (line.starts_with('[')) is_socket_part = line == "[Socket]";
    const std::size_t equals = line.find('=');
    if (!is_socket_part || equals == std::string_view::npos) continue;
    const auto kind = kind_of_socket(base::trimmed(line.substr(0, equals)));
    if (!kind) continue;
    const std::string_view address = base::trimmed(line.substr(equals + 1));
    // An empty assignment takes back all that was said before, of whatever kind.
    if (address.empty()) addresses.clear();
    if (is_of_network(address)) addresses.insert(fmt::format("{} {}", *kind, address));
  }
}

} // namespace

std::map<std::string, EntranceFacts> read_users(const OpenedImage& image) {
  const SystemView view(image);
  std::map<std::string, EntranceFacts> users;
  for (const auto& fields : records_of(view, "/etc/passwd")) {
    if (fields.size() < 7) continue;
    users[fields[0]] = {{"uid", fields[2]},
                        {"group", fields[3]},
                        {"home", fields[5]},
                        {"shell", fields[6]},
                        {"password", password_state(fields[1])},
                        {"keys", count_of_keys(view, fields[5])}};
  }
  for (const auto& fields : records_of(view, "/etc/shadow")) {
    const auto user = users.find(fields[0]);
    if (user != users.end() && fields.size() > 1)
      user->second["password"] = password_state(fields[1]);
  }
  for (const auto& fields : records_of(view, "/etc/group")) {
    if (fields.size() < 4) continue;
    for (const std::string& member : base::split(fields[3], ',')) {
      const auto user = users.find(member);
      if (user == users.end()) continue;
      std::string& groups = user->second["groups"];
      groups += (groups.empty() ? "" : " ") + fields[0];
    }
  }
  return users;
}

std::map<std::string, EntranceFacts> read_listening_sockets(const OpenedImage& image) {
  const SystemView view(image);
  const UnitLinks links = read_unit_links(view);
  std::set<std::string> units(links.enabled.begin(), links.enabled.end());
  for (std::string& unit : view.list("/usr/lib/systemd/system/sockets.target.wants"))
    units.insert(std::move(unit));
  for (const std::string& unit : links.masked)
    units.erase(unit);
  std::map<std::string, EntranceFacts> sockets;
  for (const std::string& unit : units) {
    if (!unit.ends_with(".socket")) continue;
    std::set<std::string> addresses;
    for (const std::string& text : files_of_unit(view, unit))
      add_addresses(text, addresses);
    for (const std::string& address : addresses)
      sockets[fmt::format("{} {}", unit, address)] = {{"address", address}};
  }
  return sockets;
}

} // namespace imagewright::inspect
