// SPDX-License-Identifier: MIT
#pragma once

// Who may come in: the accounts of an image, and what its enabled units listen on.

#include <functional>
#include <map>
#include <string>

#include <imagewright/inspect/opened_image.hpp>

namespace imagewright::inspect {

/// What is known of one thing, by aspect.
using EntranceFacts = std::map<std::string, std::string, std::less<>>;

/// By name: "uid", "group", "groups", "home", "shell", "password" ("locked", "set" or "none", which
/// lets in without one; nothing secret), and how many "keys" are authorized.
std::map<std::string, EntranceFacts> read_users(const OpenedImage& image);

/// "ssh.socket stream 22", each with its "address": what of the network
/// enabled sockets of systemd listen on (systemd.socket(5)). What a service opens by itself
/// stands in no unit.
std::map<std::string, EntranceFacts> read_listening_sockets(const OpenedImage& image);

} // namespace imagewright::inspect
