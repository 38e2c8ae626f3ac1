# plan_is_pure.sh: the plan is built and printed without a system call, so that plans for other machines can be tested on this one. Judged by what the
# object files import: a function of libc that enters the kernel for more than memory or for writing to a given stream is refused.
status=0
impure='open|openat|open64|openat64|fopen|fopen64|read|pread|write|pwrite|close|stat|fstat|lstat|fstatat|statx|statfs|access|faccessat|readlink|readlinkat|opendir|fdopendir|scandir
mount|umount2|syscall|ioctl|socket|connect|send|recv|sendmsg|recvmsg|fork|vfork|clone|execve|execvp|execvpe|wait|waitpid|waitid|kill|prctl|unshare|setns
getpid|getppid|gettid|getuid|geteuid|getgid|getegid|uname|gethostname|sysconf|get_nprocs|sched_getaffinity|sched_setaffinity|sched_getcpu|getenv|secure_getenv
time|clock_gettime|gettimeofday|getcwd|chdir|fchdir|mkdir|mkdirat|unlink|unlinkat|rename|renameat|getrlimit|setrlimit|prlimit|sysinfo|getpwnam|getgrnam|getpwuid|system|popen|realpath
sys_[a-z_]+|read_file_at|read_whole_file_at|write_file_at|write_file_atomic_at|remove_tree_at|root_[a-z]+'
pattern="^($(echo "$impure" | tr '\n' '|' | sed 's/|$//'))$"

for object in "$BUILD"/runtime/plan/*.o; do
	[ -e "$object" ] || { echo "$BUILD/runtime/plan is not built"; exit 1; }
	found=$(nm --undefined-only --format=just-symbols "$object" | sed 's/@.*//' | grep -xE "$pattern")
	[ -z "$found" ] || { echo "$object calls:" $found; status=1; }
done
exit $status
