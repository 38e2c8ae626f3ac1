// lcores.h: the CPUs that a data plane's own configuration names, held against those it gets: EAL's and VPP's messages about a CPU outside of the cpuset mislead
// ("Failed to create thread for interrupt handling"), so that is said before the program runs. Pure.
// Grammars: DPDK doc/guides/linux_gsg/linux_eal_parameters.rst (-l, -c, --lcores); VPP src/vlib/threads.c, section cpu of its configuration.
#ifndef MINIRUN_CPUS_LCORES_H
#define MINIRUN_CPUS_LCORES_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/cpuset.h"

// The program's arguments: EAL's options up to "--" if they can be nothing else (--lcores, or -l and -c beside another option of EAL's or in a program named dpdk-*), and
// VPP's section cpu given as arguments. What is no data plane's passes. EINVAL names option, CPU and what there is. Scratch memory in `arena`.
int lcores_check_arguments(struct arena *arena, const char *const *args, size_t count, const struct cpuset *cpus, struct error *err);

// The text of VPP's configuration file.
int lcores_check_vpp(struct arena *arena, const char *text, const struct cpuset *cpus, struct error *err);

// The configuration file that the arguments of VPP name ("-c FILE"); NULL: none, or not VPP.
const char *lcores_vpp_file(const char *const *args, size_t count);

#endif
