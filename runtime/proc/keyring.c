// keyring.c: see keyring.h.
#include "proc/keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// What a new session keyring has (security/keys/process_keys.c join_session_keyring(): KEY_POS_ALL, and KEY_USR_ VIEW, READ and LINK), and KEY_USR_SEARCH.
// The kernel's names for the bits are in no header that user space gets.
static const uint32_t permissions = 0x3f130000 | 0x00080000;

static int explain(int code, const char *name, struct error *err)
{
	error_errno(err, code, "cannot make the session keyring %s", name);
	if (code == EDQUOT)
		return error_hint(err, "the user has as many keys as sysctl kernel.keys.maxkeys and maxbytes allow (root: root_maxkeys, root_maxbytes); raise them, or use --no-new-keyring");
	if (code == EPERM || code == EACCES)
		return error_hint(err, "a seccomp filter or a key of that name is in the way; --no-new-keyring keeps the inherited keyring");
	return -1;
}

int keyring_join(const char *name, struct error *err)
{
	long keyring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);

	if (keyring < 0)
		return errno == ENOSYS ? 0 : explain(errno, name, err);
	// 0: it is the caller's already, by an earlier call of this function.
	if (keyring == 0)
		return 0;
	return syscall(SYS_keyctl, KEYCTL_SETPERM, keyring, permissions) < 0 ? explain(errno, name, err) : 0;
}
