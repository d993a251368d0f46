/* What the build made for the rig beside the service; the build says where. */
#ifndef EXTQ_FAULTS_BINARIES_H
#define EXTQ_FAULTS_BINARIES_H

#ifndef POWERCUT_LIBRARY
#error see tests/CMakeLists.txt
#endif

#endif
