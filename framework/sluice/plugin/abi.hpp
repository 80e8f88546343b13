// What a plugin and the program that loads it must agree on. SLUICE_STAGE writes it into every
// object file with a stage type, in a section of its own: it is read from the file, before any code
// of the plugin runs.
#pragma once

#include <cstddef>  // for the standard library's macros
#include <opencv2/core/version.hpp>

// To be raised by whoever changes what the public headers make of memory: members and their order,
// virtual functions, what inline functions rely on.
#define SLUICE_ABI_VERSION 4

#define SLUICE_ABI_TEXT_OF(number) #number
#define SLUICE_ABI_TEXT(number) SLUICE_ABI_TEXT_OF(number)

#if defined(__clang__)
#define SLUICE_ABI_COMPILER "Clang " SLUICE_ABI_TEXT(__clang_major__)
#else
#define SLUICE_ABI_COMPILER "GCC " SLUICE_ABI_TEXT(__GNUC__)
#endif

#if !defined(__GLIBCXX__)
#error "Sluice's plugins need GCC's standard library, libstdc++"
#elif defined(_GLIBCXX_DEBUG)
#define SLUICE_ABI_LIBRARY "libstdc++ " SLUICE_ABI_TEXT(_GLIBCXX_RELEASE) " debug"
#elif _GLIBCXX_USE_CXX11_ABI
#define SLUICE_ABI_LIBRARY "libstdc++ " SLUICE_ABI_TEXT(_GLIBCXX_RELEASE)
#else
#define SLUICE_ABI_LIBRARY "libstdc++ " SLUICE_ABI_TEXT(_GLIBCXX_RELEASE) " before C++11"
#endif

#if defined(__x86_64__)
#define SLUICE_ABI_PROCESSOR "x86-64"
#elif defined(__aarch64__)
#define SLUICE_ABI_PROCESSOR "arm64"
#elif defined(__arm__)
#define SLUICE_ABI_PROCESSOR "arm"
#elif defined(__i386__)
#define SLUICE_ABI_PROCESSOR "x86"
#elif defined(__riscv)
#define SLUICE_ABI_PROCESSOR "riscv"
#else
#define SLUICE_ABI_PROCESSOR "another processor"
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SLUICE_ABI_SANITIZER ", address sanitizer"
#elif defined(__SANITIZE_THREAD__)
#define SLUICE_ABI_SANITIZER ", thread sanitizer"
#else
#define SLUICE_ABI_SANITIZER ""
#endif

// "Sluice 1, GCC 12, libstdc++ 12, OpenCV 4.6, x86-64"
#define SLUICE_ABI                                                                           \
  "Sluice " SLUICE_ABI_TEXT(                                                                 \
      SLUICE_ABI_VERSION) ", " SLUICE_ABI_COMPILER ", " SLUICE_ABI_LIBRARY                   \
                          ", OpenCV " SLUICE_ABI_TEXT(CV_VERSION_MAJOR) "." SLUICE_ABI_TEXT( \
                              CV_VERSION_MINOR) ", " SLUICE_ABI_PROCESSOR SLUICE_ABI_SANITIZER

#define SLUICE_ABI_SECTION "sluice_abi"
