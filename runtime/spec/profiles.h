// profiles.h: the seccomp profiles of seccomp-profiles/*.json, embedded at build time as JSON text.
#ifndef MINIRUN_SPEC_PROFILES_H
#define MINIRUN_SPEC_PROFILES_H

extern const char seccomp_profile_default[];

#endif
