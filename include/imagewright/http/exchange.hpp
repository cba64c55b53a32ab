// SPDX-License-Identifier: MIT
#pragma once

// One request to one server: the same authorities, proxies, protocols and patience whoever asks.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::http {

enum class Method : std::uint8_t { get, head, put };

/// How much of our time a server may have.
struct Patience {
  std::chrono::seconds connecting{60};
  /// One that moves less than the least rate for so long is given up.
  std::chrono::seconds silence{60};
  std::uint32_t least_bytes_a_second = 1;
  /// The whole exchange; absent: as long as bytes come.
  std::optional<std::chrono::seconds> whole = {};
};

/// What to ask for. A login stands in `login` or in the URL, and goes to no other host.
struct Request {
  std::string url; ///< complete and percent-encoded
  Method method = Method::get;
  std::vector<std::string> headers = {}; ///< "Accept: text/plain"; "Expect:" sends none
  std::optional<std::string> login = {}; ///< "USER:PASSWORD"
  /// 0: whoever answers for another address is not followed. From https nobody is followed to
  /// anything but https.
  std::uint32_t most_redirections = 0;
  std::uint64_t begin_at = 0;  ///< the first byte of the content that is wanted
  std::uint64_t body_size = 0; ///< of put
  Patience patience = {};
};

/// Takes and gives what moves. What it throws arrives where the exchange ends.
class Traffic {
public:
  Traffic() = default;
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;
  Traffic(Traffic&&) = delete;
  Traffic& operator=(Traffic&&) = delete;
  virtual ~Traffic() = default;

  /// Content of an answer with a status of 2xx, piece by piece; other content is let go. False: it
  /// can or will take no more.
  virtual bool take(std::span<const std::byte> content) = 0;
  /// One line of the head of each answer, also of those that are not followed to the end.
  virtual void take_header(std::string_view line) { static_cast<void>(line); }
  /// Fills the buffer with the body from `offset` on, and says how far; nothing: it cannot.
  virtual std::optional<std::size_t> give(std::uint64_t offset, std::span<std::byte> buffer) {
    static_cast<void>(offset);
    static_cast<void>(buffer);
    return std::nullopt;
  }
  /// Asked several times a second, whatever the server does.
  virtual bool goes_on() { return true; }
};

enum class Fault : std::uint8_t {
  none,         ///< there is an answer: its status says which
  cut_short,    ///< less arrived than was promised
  no_such_part, ///< the server does not begin at `begin_at`
  stopped,      ///< by what took or gave
  too_long,     ///< heads or pages about errors without an end
  other,
};

/// How it ended.
struct Ending {
  Fault fault = Fault::none;
  long status = 0;         ///< 0: nobody answered
  std::string reason;      ///< of a fault, without addresses: "Timeout was reached"
  std::string detail;      ///< the same with what is known beyond, without secrets
  std::string hint;        ///< empty: nothing better is known than to look at address and network
  bool is_lasting = false; ///< asking again would change nothing
  /// When the server says that it will be back.
  std::optional<std::chrono::seconds> retry_after;
};

class Exchange {
public:
  /// The traffic must outlive it.
  Exchange(Request request, Traffic& traffic);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  Exchange(Exchange&&) = delete;
  Exchange& operator=(Exchange&&) = delete;
  ~Exchange();

  /// Whether the server has answered with anything.
  bool has_begun() const;
  /// Waits for the end. Throws what the traffic threw.
  Ending perform();

private:
  friend class Group;
  struct State;

  std::unique_ptr<State> state_;
};

} // namespace imagewright::http
