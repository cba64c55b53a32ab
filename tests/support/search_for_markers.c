// SPDX-License-Identifier: MIT
// Looks from inside of an image's root for anything that the caller of a build knows: "mark" "er-of-". Says what it
// found in /found, and that it has looked in /searched. With "hold" it keeps the word in memory and waits.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/keyctl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

enum { k_word_size = 10, k_chunk = 1 << 20 };

static const char* label;
static unsigned long files_read, processes_seen, bytes_of_memory;
// One bit of each letter is another one, so that nobody finds the word in this file.
static char word[k_word_size + 1] = {'l', '`', 's', 'j', 'd', 's', ',', 'n', 'g', ','};
static char buffer[k_chunk + k_word_size];

static void say(const char* file, const char* text, const char* more) {
  const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return;
  char line[4400];
  const int size = snprintf(line, sizeof line, "<%s> %s%s\n", label, text, more);
  if (write(fd, line, (size_t)size) < 0) _exit(7);
  close(fd);
}

static int has_word(const char* bytes, size_t size) { return memmem(bytes, size, word, k_word_size) != NULL; }

static int descriptor_has_word(int fd) {
  size_t kept = 0;
  ssize_t got;
  while ((got = read(fd, buffer + kept, k_chunk)) > 0) {
    const size_t size = kept + (size_t)got;
    if (has_word(buffer, size)) return 1;
    kept = size < k_word_size ? size : k_word_size - 1;
    memmove(buffer, buffer + size - kept, kept);
  }
  return 0;
}

static void look_into(const char* path) {
  const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return;
  ++files_read;
  if (descriptor_has_word(fd)) say("/found", path, "");
  close(fd);
}

static int visit(const char* path, const struct stat* status, int type, struct FTW* place) {
  (void)place;
  if (strncmp(path, "/proc", 5) == 0 || strncmp(path, "/sys", 4) == 0) return 0;
  if (has_word(path, strlen(path))) say("/found", "the name ", path);
  if (type == FTW_F && S_ISREG(status->st_mode)) look_into(path);
  return 0;
}

// Another process: what its memory holds, in both ways of reading it.
static void look_into_memory(const char* process) {
  char path[300], line[4096];
  snprintf(path, sizeof path, "/proc/%s/maps", process);
  FILE* maps = fopen(path, "re");
  snprintf(path, sizeof path, "/proc/%s/mem", process);
  const int memory = open(path, O_RDONLY | O_CLOEXEC);
  const pid_t id = atoi(process);
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    uint64_t first, last;
    char rights[8];
    if (sscanf(line, "%lx-%lx %7s", &first, &last, rights) != 3 || rights[0] != 'r') continue;
    if (last - first > (uint64_t)512 << 20) last = first + ((uint64_t)512 << 20);
    for (uint64_t at = first; at < last; at += k_chunk) {
      const size_t wanted = last - at < sizeof buffer ? last - at : sizeof buffer;
      ssize_t got = memory < 0 ? -1 : pread(memory, buffer, wanted, (off_t)at);
      struct iovec here = {buffer, wanted}, there = {(void*)at, wanted};
      if (got <= 0) got = process_vm_readv(id, &here, 1, &there, 1, 0);
      if (got <= 0) continue;
      bytes_of_memory += (unsigned long)got;
      if (has_word(buffer, (size_t)got)) say("/found", "memory ", path);
    }
  }
  if (maps != NULL) fclose(maps);
  if (memory >= 0) close(memory);
}

static void look_into_descriptors(const char* process) {
  char path[300], target[4096];
  snprintf(path, sizeof path, "/proc/%s/fd", process);
  DIR* directory = opendir(path);
  if (directory == NULL) return;
  for (struct dirent* entry; (entry = readdir(directory)) != NULL;) {
    char link[600];
    struct stat status;
    snprintf(link, sizeof link, "%s/%s", path, entry->d_name);
    const ssize_t size = readlink(link, target, sizeof target - 1);
    if (size < 0) continue;
    target[size] = 0;
    if (has_word(target, (size_t)size)) say("/found", "the name of ", link);
    if (stat(link, &status) == 0 && S_ISREG(status.st_mode)) look_into(link);
    if (stat(link, &status) == 0 && S_ISDIR(status.st_mode) && strncmp(target, "/proc", 5) != 0) {
      strncat(link, "/..", sizeof link - strlen(link) - 1);
      DIR* above = opendir(link);
      for (struct dirent* each; above != NULL && (each = readdir(above)) != NULL;) {
        char name[900];
        snprintf(name, sizeof name, "%s/%s", link, each->d_name);
        if (stat(name, &status) == 0 && S_ISREG(status.st_mode)) look_into(name);
      }
      if (above != NULL) closedir(above);
    }
  }
  closedir(directory);
}

static void look_into_processes(void) {
  static const char* const names[] = {"environ", "cmdline", "maps", "mountinfo", "status", "stat", "auxv", "limits", "comm", "io"};
  DIR* directory = opendir("/proc");
  for (struct dirent* entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
    ++processes_seen;
    for (size_t index = 0; index < sizeof names / sizeof *names; ++index) {
      char path[300];
      snprintf(path, sizeof path, "/proc/%s/%s", entry->d_name, names[index]);
      look_into(path);
    }
    look_into_descriptors(entry->d_name);
    // Its own memory has the word.
    if (atoi(entry->d_name) != getpid()) look_into_memory(entry->d_name);
  }
  if (directory != NULL) closedir(directory);
  look_into("/proc/keys");
  look_into("/proc/key-users");
  look_into("/proc/cmdline");
  look_into("/proc/kmsg");
}

static void look_into_keyrings(void) {
  for (int keyring = -8; keyring < 0; ++keyring) {
    int32_t serials[1024];
    const long size = syscall(SYS_keyctl, KEYCTL_READ, keyring, serials, sizeof serials, 0);
    if (size > 0 && has_word((const char*)serials, (size_t)size)) say("/found", "a keyring", "");
    for (long index = 0; index < size / 4 && index < 1024; ++index) {
      for (int call = 0; call < 2; ++call) {
        const long got = syscall(SYS_keyctl, call == 0 ? KEYCTL_READ : KEYCTL_DESCRIBE, serials[index], buffer, (long)k_chunk, 0);
        if (got > 0 && has_word(buffer, (size_t)got)) say("/found", "a key", "");
      }
    }
  }
}

int main(int count, char** arguments) {
  label = count > 1 ? arguments[1] : "direct";
  for (size_t index = 0; index < k_word_size; ++index)
    word[index] ^= 1;
  if (strcmp(label, "hold") == 0) {
    // For whoever searches to find, in a process of the image's own.
    if (fork() != 0) return 0;
    close(1), close(2);
    sleep(20);
    return 0;
  }
  for (char** variable = environ; *variable != NULL; ++variable)
    if (has_word(*variable, strlen(*variable))) say("/found", "the environment", "");
  look_into_processes();
  look_into_keyrings();
  nftw("/", visit, 64, FTW_PHYS);
  char counts[200];
  snprintf(counts, sizeof counts, "%lu files, %lu processes, %lu bytes of memory", files_read, processes_seen, bytes_of_memory);
  say("/searched", counts, "");
  return files_read < 20 || processes_seen < 2 ? 7 : 0;
}
