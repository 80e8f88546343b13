# find_package(Sluice): Sluice::sluice, the headers and flags for plugins; Sluice::testkit, for their
# tests; and sluice_add_plugin().
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(fmt)
include(${CMAKE_CURRENT_LIST_DIR}/SluiceOpenCV.cmake)
sluice_find_opencv(core imgproc)
include(${CMAKE_CURRENT_LIST_DIR}/SluiceTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/SluicePlugin.cmake)
