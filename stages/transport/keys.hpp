// CURVE key pairs as files, in the format that CZMQ's zcert and pyzmq's zmq.auth write and read:
// NAME.key holds the public key, and NAME.key_secret both. Keys are text of 40 characters, in Z85.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sluice {

struct KeyPair {
  std::string public_key, secret_key;
};

struct KeyFiles {
  std::filesystem::path public_file, secret_file;
};

// All of these throw std::runtime_error that says what is wrong, where, and what to do.

KeyPair new_keys();

// Makes the folder, if it isn't there, for this user only. Overwrites nothing, and leaves either
// both files or none. Nobody else can read the secret one at any time. `name`: see valid_source().
KeyFiles write_keys(const std::filesystem::path& folder, const std::string& name,
                    const KeyPair& pair);

// Refuses a file that others can read, and one whose public key doesn't belong to its secret key.
KeyPair read_secret(const std::filesystem::path& file);

// Refuses a file with a secret key in it, which has no business where a public one is wanted. An
// error of the system (no such file, too many open) is a std::system_error.
std::string read_public(const std::filesystem::path& file);

// 40 characters of Z85 that stand for 32 bytes, not all of them zero.
bool valid_key(std::string_view key);

}  // namespace sluice
