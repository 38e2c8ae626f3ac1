// keyring.h: the session keyring of a container. Calls: keyctl(2), session-keyring(7).
#ifndef MINIRUN_PROC_KEYRING_H
#define MINIRUN_PROC_KEYRING_H

#include "base/error.h"

// Gives the caller the session keyring `name` in place of the inherited one, with whose keys the program could otherwise do what the caller of minirun may:
// the one of that name if there is one that the caller may search, else a new one. Its owner may search it from then on, which is what joining it by name
// takes. A kernel without keyrings has none that could be inherited: success.
int keyring_join(const char *name, struct error *err);

#endif
