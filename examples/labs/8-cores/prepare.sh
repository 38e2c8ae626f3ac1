[ "$(getconf _NPROCESSORS_ONLN)" -ge 2 ] || cannot 'kernel: a second CPU is needed, and this machine has one'
