# Writes the manual pages: extq(1) from what `extq help` says, extq.yaml(5) from
# config/extq.yaml; extq-jobs(7) is written by hand. cmake -D EXTQ=... -D VERSION=... -D OUT=... -P pages.cmake
cmake_minimum_required(VERSION 3.22)
set(here ${CMAKE_CURRENT_LIST_DIR})

# A text as it stands, between .nf and .fi.
function(verbatim text ret)
  string(REPLACE "\\" "\\e" text "${text}")
  string(REPLACE "-" "\\-" text "${text}")
  string(REGEX REPLACE "(^|\n)([.'])" "\\1\\\\&\\2" text "${text}")
  set(${ret} ".nf\n${text}.fi\n" PARENT_SCOPE)
endfunction()

function(ask ret)
  execute_process(COMMAND ${EXTQ} ${ARGN} OUTPUT_VARIABLE text
    COMMAND_ERROR_IS_FATAL ANY)
  set(${ret} "${text}" PARENT_SCOPE)
endfunction()

ask(help help)
string(REGEX REPLACE "^.*\nCommands:\n" "\n" help "${help}")
string(REGEX MATCHALL "\n  [a-z-]+ " commands "${help}")
set(COMMANDS "")
foreach(command ${commands})
  string(STRIP "${command}" command)
  ask(text help ${command})
  string(REGEX REPLACE "\nExit codes:.*$" "" text "${text}")
  verbatim("${text}" text)
  string(APPEND COMMANDS ".SS extq ${command}\n${text}")
endforeach()
configure_file(${here}/extq.1.in ${OUT}/extq.1 @ONLY)
configure_file(${here}/extq-jobs.7.in ${OUT}/extq-jobs.7 @ONLY)

file(READ ${here}/../../config/extq.yaml text)
verbatim("${text}" text)
file(WRITE ${OUT}/extq.yaml.5 ".TH EXTQ.YAML 5 \"\" \"extq ${VERSION}\" "
  "\"File Formats\"\n.SH NAME\nextq.yaml \\- configuration of extq\n"
  ".SH DESCRIPTION\nThe file as it is shipped: every key with its default, its "
  "unit and its reason.\n.PP\n${text}.SH SEE ALSO\n.BR extq (1),\n.BR extq\\-jobs (7)\n")
