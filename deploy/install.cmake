# What `cmake --install` puts where, and the Debian packages made of it (cpack,
# see deploy/package). Components: service -> extq, library -> libextq0,
# development -> libextq-dev.
set(config_dir ${CMAKE_INSTALL_SYSCONFDIR}/extq)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(config_dir /etc/extq)
endif()
set(deploy ${CMAKE_CURRENT_SOURCE_DIR}/deploy)

install(TARGETS extq COMPONENT service)
install(FILES config/extq.yaml DESTINATION ${config_dir} COMPONENT service)
install(FILES deploy/completion/extq.bash RENAME extq
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  COMPONENT service)
install(FILES deploy/completion/extq.zsh RENAME _extq
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
  COMPONENT service)
install(FILES deploy/completion/extq.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
  COMPONENT service)
install(FILES deploy/redis/users.acl README.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT service)
install(DIRECTORY deploy/monitoring
  DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT service)
install(DIRECTORY deploy/examples
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libextq-dev COMPONENT development)
file(GLOB units deploy/systemd/*.service)
install(FILES ${units} DESTINATION lib/systemd/system COMPONENT service)
foreach(kind sysusers tmpfiles)
  install(FILES deploy/systemd/extq.${kind}.conf RENAME extq.conf
    DESTINATION lib/${kind}.d COMPONENT service)
endforeach()

# The manual pages are what the program and the configuration say themselves.
find_program(GZIP gzip)
if(GZIP AND NOT EXTQ_SANITIZE)
  set(pages ${CMAKE_BINARY_DIR}/man)
  add_custom_command(OUTPUT ${pages}/extq.1.gz ${pages}/extq.yaml.5.gz
      ${pages}/extq-jobs.7.gz
    COMMAND ${CMAKE_COMMAND} -D EXTQ=$<TARGET_FILE:extq>
      -D VERSION=${PROJECT_VERSION} -D OUT=${pages} -P ${deploy}/man/pages.cmake
    COMMAND ${GZIP} -9nf ${pages}/extq.1 ${pages}/extq.yaml.5
      ${pages}/extq-jobs.7
    DEPENDS extq ${deploy}/man/pages.cmake ${deploy}/man/extq.1.in
      ${deploy}/man/extq-jobs.7.in
      ${CMAKE_CURRENT_SOURCE_DIR}/config/extq.yaml
    VERBATIM)
  add_custom_target(man ALL DEPENDS ${pages}/extq.1.gz)
  install(FILES ${pages}/extq.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
    COMPONENT service)
  install(FILES ${pages}/extq.yaml.5.gz
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT service)
  install(FILES ${pages}/extq-jobs.7.gz
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man7 COMPONENT service)
endif()

# What each Debian package says about itself. $SOURCE_DATE_EPOCH counts.
set(EXTQ_MAINTAINER "extq developers <developers@extq.example>" CACHE STRING
  "Whom the Debian packages name as their maintainer")
set(docs ${CMAKE_BINARY_DIR}/docs)
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(deploy/debian/changelog.in ${docs}/changelog.Debian @ONLY)
configure_file(CHANGELOG.md ${docs}/changelog COPYONLY)
if(GZIP)
  execute_process(COMMAND ${GZIP} -9nf ${docs}/changelog.Debian
    ${docs}/changelog COMMAND_ERROR_IS_FATAL ANY)
endif()
foreach(pair service/extq library/libextq0 development/libextq-dev)
  string(REPLACE "/" ";" pair ${pair})
  list(POP_FRONT pair component)
  install(FILES deploy/debian/copyright
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${pair} COMPONENT ${component})
  install(DIRECTORY ${docs}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${pair}
    COMPONENT ${component})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME extq)
set(CPACK_PACKAGE_CONTACT "${EXTQ_MAINTAINER}")
set(CPACK_COMPONENTS_ALL service library development)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR})

set(CPACK_DEBIAN_SERVICE_PACKAGE_NAME extq)
set(CPACK_DEBIAN_SERVICE_PACKAGE_SECTION net)
set(CPACK_DEBIAN_SERVICE_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_SERVICE_PACKAGE_RECOMMENDS "redis-server (>= 5:7.0)")
set(CPACK_COMPONENT_SERVICE_DESCRIPTION
"durable service that calls tenants' HTTP extensions
A platform pushes small JSON jobs onto a Redis list; extq finds each tenant's
extension, posts the payload to it, retries with backoff, and writes every
outcome to a Redis stream.")
set(CPACK_DEBIAN_SERVICE_PACKAGE_CONTROL_EXTRA ${deploy}/debian/conffiles
  ${deploy}/debian/postinst ${deploy}/debian/prerm ${deploy}/debian/postrm)
set(CPACK_DEBIAN_SERVICE_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libextq0)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
"enqueue jobs for extq and read their outcomes
The shared library for programs in C and C++ that use the service extq.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${deploy}/debian/shlibs
  ${deploy}/debian/triggers)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libextq-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libextq0 (= ${PROJECT_VERSION}-1), libhiredis-dev")
if(HIREDIS_SSL_FOUND)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS ", libssl-dev")
endif()
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"enqueue jobs for extq and read their outcomes (development)
Header, static library, pkg-config and CMake files, and examples of producers
in several languages.")
include(CPack)
