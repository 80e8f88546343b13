# Debian's per-module OpenCV packages come without CMake files. Gives opencv::MODULE for each that is
# named. Used by Sluice and, installed beside SluiceConfig.cmake, by plugins.
function(sluice_find_opencv)
  find_path(SLUICE_OPENCV_INCLUDE opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
  foreach(module ${ARGN})
    if(TARGET opencv::${module})
      continue()
    endif()
    find_library(SLUICE_OPENCV_${module} opencv_${module} REQUIRED)
    add_library(opencv::${module} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(opencv::${module} INTERFACE ${SLUICE_OPENCV_${module}})
    target_include_directories(opencv::${module} SYSTEM INTERFACE ${SLUICE_OPENCV_INCLUDE})
  endforeach()
endfunction()
