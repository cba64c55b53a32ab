// SPDX-License-Identifier: MIT
#include "http_server.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using imagewright::fs::UniqueFd;

namespace {

UniqueFd listen_on_loopback(std::uint16_t& port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(fd.get(), generic, size) == 0);
  REQUIRE(::listen(fd.get(), 64) == 0);
  REQUIRE(::getsockname(fd.get(), generic, &size) == 0);
  port = ntohs(address.sin_port);
  return fd;
}

std::string read_head(int connection) {
  std::string head;
  std::array<char, 4096> buffer{};
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
    if (got <= 0) return {};
    head.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return head;
}

std::string header_of(std::string head, const std::string& name) {
  std::string lower = head;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char character) { return std::tolower(character); });
  const std::size_t found = lower.find("\r\n" + name + ":");
  if (found == std::string::npos) return {};
  const std::size_t begin = head.find_first_not_of(' ', found + name.size() + 3);
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

void send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

} // namespace

HttpServer::HttpServer() : listener_(listen_on_loopback(port_)), thread_([this] { run(); }) {}

HttpServer::~HttpServer() {
  is_stopping_ = true;
  thread_.join();
  for (std::thread& connection : connections_)
    connection.join();
}

std::string HttpServer::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

void HttpServer::serve(const std::string& path, Served served) {
  const std::lock_guard guard(mutex_);
  served_[path] = std::move(served);
}

std::vector<Requested> HttpServer::requests() const {
  const std::lock_guard guard(mutex_);
  return requests_;
}

int HttpServer::count(const std::string& path) const {
  const auto all = requests();
  return static_cast<int>(
      std::count_if(all.begin(), all.end(), [&](const auto& item) { return item.path == path; }));
}

void HttpServer::run() {
  while (!is_stopping_) {
    pollfd waiting{.fd = listener_.get(), .events = POLLIN};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int connection = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    connections_.emplace_back([this, connection] {
      const UniqueFd owner(connection);
      answer(connection);
    });
  }
}

void HttpServer::answer(int connection) {
  const std::string head = read_head(connection);
  const std::size_t begin = head.find(' ');
  if (begin == std::string::npos) return;
  const Requested request{.path = head.substr(begin + 1, head.find(' ', begin + 1) - begin - 1),
                          .range = header_of(head, "range")};
  std::size_t body_limit = std::numeric_limits<std::size_t>::max();
  const std::string response = response_to(request, body_limit);
  const std::size_t body = response.find("\r\n\r\n") + 4;
  send_all(connection, std::string_view(response).substr(0, body));
  if (pause_of(request).count() > 0) {
    for (std::size_t byte = body; byte < response.size() && !is_stopping_; ++byte) {
      std::this_thread::sleep_for(pause_of(request));
      send_all(connection, std::string_view(response).substr(byte, 1));
    }
    return;
  }
  send_all(connection, std::string_view(response).substr(body, body_limit));
  ::shutdown(connection, SHUT_WR);
}

std::chrono::milliseconds HttpServer::pause_of(const Requested& request) const {
  const std::lock_guard guard(mutex_);
  const auto found = served_.find(request.path);
  return found == served_.end() ? std::chrono::milliseconds(0) : found->second.byte_pause;
}

std::string HttpServer::response_to(const Requested& request, std::size_t& body_limit) {
  const std::lock_guard guard(mutex_);
  requests_.push_back(request);
  const auto found = served_.find(request.path);
  const auto plain = [](const std::string& status, const std::string& body,
                        const std::string& headers = {}) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n" + headers + "\r\n" + body;
  };
  if (found == served_.end()) return plain("404 Not Found", "no");
  Served& served = found->second;
  if (served.failures_before > 0) {
    --served.failures_before;
    return plain("503 Service Unavailable", "later",
                 served.retry_after.empty() ? "" : "Retry-After: " + served.retry_after + "\r\n");
  }
  if (served.status != 200) return plain(std::to_string(served.status) + " No", "no");
  if (!served.redirect.empty()) {
    return plain("302 Found", "", "Location: " + served.redirect + "\r\n");
  }
  if (served.surplus > 0) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + served.content +
           std::string(served.surplus, 'x');
  }
  if (served.broken_after && served.breaks > 0) {
    --served.breaks;
    body_limit = *served.broken_after;
  } else if (served.empties > 0) {
    --served.empties;
    body_limit = 0;
  }
  if (request.range.starts_with("bytes=")) {
    const std::size_t start = std::stoul(request.range.substr(6));
    const std::string& content = served.content;
    if (start >= content.size()) return plain("416 Range Not Satisfiable", "");
    return plain("206 Partial Content", content.substr(start),
                 "Content-Range: bytes " + std::to_string(start) + "-" +
                     std::to_string(content.size() - 1) + "/" + std::to_string(content.size()) +
                     "\r\n");
  }
  return plain("200 OK", served.content);
}

std::string dead_url() {
  std::uint16_t port = 0;
  { const UniqueFd taken = listen_on_loopback(port); }
  return "http://127.0.0.1:" + std::to_string(port);
}
