// SPDX-License-Identifier: MIT
// Does what a kubelet does to start a pod, in the place of one: asks a container runtime over its
// interface for kubelets (CRI, runtime.v1) for a sandbox and a container in it. HTTP/2 and protobuf
// as far as six calls need them; stands alone, so that it can be linked statically and run in any
// node.
//   pod_starter images                   the names of all images
//   pod_starter pod LOGS IMAGE COMMAND…  what the command wrote, which ran in a container of a pod
//   on the node's own network
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

constexpr const char* k_socket = "/run/containerd/containerd.sock";
/// Kinds and flags of frames (RFC 9113, section 6).
enum Frame : std::uint8_t { data = 0, headers = 1, reset = 3, settings = 4, ping = 6, go_away = 7 };
constexpr std::uint8_t k_acknowledged = 1;
constexpr std::uint8_t k_end_of_stream = 1;
constexpr std::uint8_t k_end_of_headers = 4;
/// NamespaceMode of CRI: the node's own.
constexpr std::uint64_t k_node = 2;
constexpr std::uint64_t k_exited = 2;
/// Where a runtime that leaves control groups to systemd puts pods; it makes the slice.
constexpr const char* k_slice = "kubepods.slice";

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "pod_starter: %s\n", message.c_str());
  std::exit(1);
}

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    text += static_cast<char>(value >> static_cast<unsigned>(shift));
  return text;
}

std::string varint(std::uint64_t value) {
  std::string text;
  for (; value > 127; value >>= 7U)
    text += static_cast<char>((value & 127U) | 128U);
  return text + static_cast<char>(value);
}

std::string field(unsigned number, const std::string& value) {
  return varint(number << 3U | 2U) + varint(value.size()) + value;
}

std::string field(unsigned number, std::uint64_t value) {
  return varint(number << 3U) + varint(value);
}

/// The fields of a message; numbers as varints.
class Message {
public:
  explicit Message(std::string bytes) : bytes_(std::move(bytes)) {
    while (at_ < bytes_.size())
      read_field();
  }

  std::string text(unsigned number) const {
    for (const auto& [key, value] : texts)
      if (key == number) return value;
    return {};
  }
  std::uint64_t count(unsigned number) const {
    for (const auto& [key, value] : numbers)
      if (key == number) return value;
    return 0;
  }

  std::vector<std::pair<std::uint64_t, std::string>> texts;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> numbers;

private:
  std::uint64_t read_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ < bytes_.size(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(bytes_[at_++]);
      value |= std::uint64_t{byte & 127U} << shift;
      if (byte < 128) return value;
    }
    fail("a number does not end");
  }

  void read_field() {
    const std::uint64_t key = read_varint();
    if ((key & 7U) == 0) {
      numbers.emplace_back(key >> 3U, read_varint());
      return;
    }
    const std::uint64_t size = (key & 7U) == 2 ? read_varint() : (key & 7U) == 1 ? 8 : 4;
    if (size > bytes_.size() - at_) fail("a field is cut off");
    texts.emplace_back(key >> 3U, bytes_.substr(at_, size));
    at_ += size;
  }

  std::string bytes_;
  std::size_t at_ = 0;
};

class Connection {
public:
  Connection() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const char* chosen = std::getenv("CONTAINER_RUNTIME_SOCKET");
    std::strncpy(address.sun_path, chosen != nullptr ? chosen : k_socket,
                 sizeof address.sun_path - 1);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      fail("the container runtime cannot be reached");
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(fd_); }

  /// The answer to one call.
  Message call(const std::string& method, const std::string& request) {
    write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    write_frame(settings, 0, 0, "");
    // RFC 7541: indexed fields of the static table, and literals that are not remembered.
    const std::string path = "/runtime.v1." + method;
    const std::string type = "application/grpc";
    write_frame(headers, k_end_of_headers, 1,
                "\x83\x86\x04" + sized(path) + "\x01" + sized("localhost") + "\x0f\x10" +
                    sized(type) + std::string(1, '\0') + sized("te") + sized("trailers"));
    write_frame(data, k_end_of_stream, 1,
                std::string(1, '\0') + big_endian(request.size(), 4) + request);
    const std::string answer = read_answer();
    if (answer.size() < 5) fail(method + " was refused");
    return Message(answer.substr(5));
  }

private:
  static std::string sized(const std::string& text) {
    return static_cast<char>(text.size()) + text;
  }

  void write(const std::string& bytes) const {
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t count = ::write(fd_, bytes.data() + done, bytes.size() - done);
      if (count <= 0) fail("the connection broke");
      done += static_cast<std::size_t>(count);
    }
  }

  void write_frame(Frame kind, std::uint8_t flags, std::uint32_t stream,
                   const std::string& body) const {
    write(big_endian(body.size(), 3) + static_cast<char>(kind) + static_cast<char>(flags) +
          big_endian(stream, 4) + body);
  }

  std::string read(std::size_t size) const {
    std::string bytes(size, '\0');
    for (std::size_t done = 0; done < size;) {
      const ssize_t count = ::read(fd_, bytes.data() + done, size - done);
      if (count <= 0) fail("the answer is cut off");
      done += static_cast<std::size_t>(count);
    }
    return bytes;
  }

  std::string read_answer() const {
    std::string answer;
    while (true) {
      const std::string head = read(9);
      std::size_t size = 0;
      for (int index = 0; index < 3; ++index)
        size = size << 8U | static_cast<std::uint8_t>(head[static_cast<std::size_t>(index)]);
      const auto kind = static_cast<std::uint8_t>(head[3]);
      const auto flags = static_cast<std::uint8_t>(head[4]);
      const std::string body = read(size);
      if (kind == data) answer += body;
      if (kind == settings && (flags & k_acknowledged) == 0)
        write_frame(settings, k_acknowledged, 0, "");
      if (kind == ping && (flags & k_acknowledged) == 0) write_frame(ping, k_acknowledged, 0, body);
      const bool ends = (kind == data || kind == headers) && (flags & k_end_of_stream) != 0;
      if (ends || kind == reset || kind == go_away) return answer;
    }
  }

  int fd_;
};

Message call(const std::string& method, const std::string& request) {
  return Connection().call(method, request);
}

void list_images() {
  const Message answer = call("ImageService/ListImages", "");
  for (const auto& [number, image] : answer.texts) {
    const Message fields(image);
    for (const auto& [key, name] : fields.texts)
      if (key == 2) std::printf("%s\n", name.c_str());
  }
}

std::string wait_for(const std::string& container) {
  for (int attempt = 0; attempt < 600; ++attempt) {
    const Message answer = call("RuntimeService/ContainerStatus", field(1, container));
    const Message status(answer.text(1));
    if (status.count(3) == k_exited) {
      if (status.count(7) != 0) fail("the container ended with " + std::to_string(status.count(7)));
      return status.text(8);
    }
    ::usleep(100000);
  }
  fail("the container does not end");
}

void run_pod(const std::string& logs, const std::string& image,
             const std::vector<std::string>& command) {
  const std::string namespaces = field(1, k_node);
  const std::string sandbox_config =
      field(1, field(1, "probe") + field(2, "0123") + field(3, "default")) + field(3, logs) +
      field(8, field(1, k_slice) + field(2, field(1, namespaces)));
  const std::string sandbox =
      call("RuntimeService/RunPodSandbox", field(1, sandbox_config)).text(1);
  if (sandbox.empty()) fail("there is no sandbox");
  std::string config = field(1, field(1, "probe")) + field(2, field(1, image));
  for (const std::string& word : command)
    config += field(3, word);
  config += field(11, "probe.log") + field(15, field(2, field(3, namespaces)));
  const std::string container =
      call("RuntimeService/CreateContainer",
           field(1, sandbox) + field(2, config) + field(3, sandbox_config))
          .text(1);
  call("RuntimeService/StartContainer", field(1, container));
  wait_for(container);
  call("RuntimeService/StopPodSandbox", field(1, sandbox));
  call("RuntimeService/RemovePodSandbox", field(1, sandbox));
  std::ifstream log(logs + "/probe.log");
  for (std::string line; std::getline(log, line);)
    std::printf("%s\n", line.c_str());
}

} // namespace

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  if (arguments.size() == 1 && arguments[0] == "images") {
    list_images();
  } else if (arguments.size() > 3 && arguments[0] == "pod") {
    run_pod(arguments[1], arguments[2], {arguments.begin() + 3, arguments.end()});
  } else {
    fail("images | pod LOGS IMAGE COMMAND...");
  }
  return 0;
}
