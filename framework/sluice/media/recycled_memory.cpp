#include <sluice/media/recycled_memory.hpp>

namespace sluice {

std::pmr::memory_resource& recycled_memory() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  // What is used after it was given back is seen only where it isn't given out again.
  return *std::pmr::new_delete_resource();
#else
  // Never destroyed: a thread that still has a frame may outlast the statics.
  static auto* const memory = new std::pmr::synchronized_pool_resource({64, 512});
  return *memory;
#endif
}

}  // namespace sluice
