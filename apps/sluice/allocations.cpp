// The program's own malloc(), calloc() and so on: glibc's, counted by thread. Every library of the
// process allocates through these, OpenCV as well as operator new; that makes "allocations per
// frame" true. It costs an addition in the thread's own memory. Not with the sanitizer, which
// brings its own.

#include <features.h>

#include <sluice/observe/costs.hpp>

#if defined(__has_feature)  // clang's way to say so
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLUICE_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLUICE_SANITIZED
#endif

#if defined(__GLIBC__) && !defined(SLUICE_SANITIZED)

#include <cerrno>
#include <cstddef>

// glibc's, by the names that it exports for this purpose.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
}

namespace {
const bool counted = [] {
  sluice::allocations_counted = true;
  return true;
}();

inline void count() { ++sluice::allocations_of_this_thread; }
}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) {
  count();
  return __libc_calloc(number, size);
}

void* realloc(void* memory, std::size_t size) {
  count();
  return __libc_realloc(memory, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  if (alignment < sizeof(void*) || (alignment & (alignment - 1)) != 0) return EINVAL;
  count();
  void* const got = __libc_memalign(alignment, size);
  if (!got) return ENOMEM;
  *memory = got;
  return 0;
}

void free(void* memory) { __libc_free(memory); }

}  // extern "C"

#endif
