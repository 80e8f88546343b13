# What `cmake --install` puts into a prefix: the program, and what plugins are built with. The same is
# found in a build tree, with -DSluice_DIR=BUILD.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Sluice)
set(PACKAGE_FILES framework/cmake/SluiceConfig.cmake framework/cmake/SluiceOpenCV.cmake
    framework/cmake/SluicePlugin.cmake)
set_target_properties(sluice_api PROPERTIES EXPORT_NAME sluice)
set_target_properties(sluice_testkit PROPERTIES EXPORT_NAME testkit)
add_dependencies(sluice sluice_testkit)  # a build tree with the program in it is good for plugins
install(TARGETS sluice)
install(TARGETS sluice_api sluice_testkit sluice_sanitizers EXPORT SluiceTargets)
foreach(header ${PUBLIC_HEADERS})
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES framework/sluice/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sluice/${folder})
endforeach()
# While the version begins with 0, the next minor one may change everything.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/SluiceConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PACKAGE_FILES} ${PROJECT_BINARY_DIR}/SluiceConfigVersion.cmake
        DESTINATION ${PACKAGE_DIR})
install(EXPORT SluiceTargets NAMESPACE Sluice:: DESTINATION ${PACKAGE_DIR})

export(EXPORT SluiceTargets NAMESPACE Sluice:: FILE ${PROJECT_BINARY_DIR}/SluiceTargets.cmake)
foreach(file ${PACKAGE_FILES})
  configure_file(${file} ${PROJECT_BINARY_DIR} COPYONLY)
endforeach()
