package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// started returns the start time of a process, in a form that is unique on this machine together with its pid, also after a
// reboot.
func started(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	ticks, state, err := parseStat(string(stat))
	if err != nil {
		return "", err
	}
	if state == "Z" || state == "X" {
		return "", fmt.Errorf("process %d is dead", pid)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(boot)) + "/" + ticks, nil
}

// parseStat reads the start time and the state from /proc/PID/stat. The program's name is in parentheses and may contain
// blanks and parentheses.
func parseStat(stat string) (ticks, state string, err error) {
	end := strings.LastIndexByte(stat, ')')
	if end < 0 {
		return "", "", fmt.Errorf("no program name in %q", stat)
	}
	fields := strings.Fields(stat[end+1:])
	if len(fields) < 20 {
		return "", "", fmt.Errorf("only %d fields after the name in %q", len(fields), stat)
	}
	return fields[19], fields[0], nil
}

// InNetwork returns the processes in the network namespace that is mounted at path. That finds a container's shim when its
// containerd is gone.
func InNetwork(path string) []Process {
	want, err := os.Stat(path)
	if err != nil {
		return nil
	}
	var found []Process
	links, _ := filepath.Glob("/proc/[0-9]*/ns/net")
	for _, link := range links {
		got, err := os.Stat(link)
		if err != nil || !os.SameFile(want, got) {
			continue
		}
		pid, err := strconv.Atoi(strings.Split(link, "/")[2])
		if err != nil {
			continue
		}
		if p, ok := Of(pid); ok {
			found = append(found, p)
		}
	}
	return found
}
