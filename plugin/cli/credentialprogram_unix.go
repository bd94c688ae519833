//go:build unix

package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// programWords is how many words of a command line may be the program's name: an interpreter and its options can precede it.
const programWords = 4

// ownChildren returns the direct children of this process that run the named program, directly or by an interpreter.
func ownChildren(all []process, name string) []int {
	var found []int
	for _, p := range all {
		named := slices.ContainsFunc(p.args[:min(len(p.args), programWords)], func(arg string) bool { return filepath.Base(arg) == name })
		if p.parent == os.Getpid() && named {
			found = append(found, p.pid)
		}
	}
	return found
}

// processes lists the machine's processes from /proc, or from ps if there is no /proc. It returns nothing if both fail.
func processes() []process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return processesByPs()
	}
	var all []process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // before ")" is the name, which may contain anything
		if len(fields) < 2 {
			continue
		}
		parent, _ := strconv.Atoi(fields[1])
		line, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		all = append(all, process{pid, parent, strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")})
	}
	return all
}

func processesByPs() []process {
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,args=").Output() //nolint:noctx // the command's context has ended
	if err != nil {
		return nil
	}
	var all []process
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		pid, _ := strconv.Atoi(fields[0])
		parent, _ := strconv.Atoi(fields[1])
		all = append(all, process{pid, parent, fields[2:]})
	}
	return all
}

func killProcess(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) }
