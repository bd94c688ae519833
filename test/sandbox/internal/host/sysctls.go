package host

import (
	"os"
	"path/filepath"
	"strings"
)

// kubeletSysctls are the machine's sysctls that a kubelet changes when it starts.
func kubeletSysctls() []string {
	return []string{"vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes"}
}

// SaveSysctls returns the values that a kubelet will change, for RestoreSysctls.
func SaveSysctls() map[string]string {
	saved := map[string]string{}
	for _, name := range kubeletSysctls() {
		if value, err := os.ReadFile(filepath.Join("/proc/sys", name)); err == nil {
			saved[name] = strings.TrimSpace(string(value))
		}
	}
	return saved
}

// RestoreSysctls writes saved values back. A value that cannot be written is skipped: the kubelet could not change it
// either.
func RestoreSysctls(saved map[string]string) {
	for name, value := range saved {
		_ = os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0)
	}
}
