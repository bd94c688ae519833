//go:build linux

package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

const (
	// wanted is etcd's process name in the kernel: the last element of the executed path.
	wanted = "etcd"
	// maxListed keeps an error far below the 4 KiB of a termination message.
	maxListed = 16
)

type process struct {
	pid   int
	name  string
	state byte // proc_pid_stat(5)
}

func (p process) String() string { return fmt.Sprintf("%d (%q)", p.pid, p.name) }

// gone reports whether the process has ended (zombie or dead), so that a signal has no effect.
func (p process) gone() bool { return p.state == 'Z' || p.state == 'X' }

// find returns the only etcd process. It fails if there is none, if there are several, or if etcd is process 1, to
// which the kernel delivers no signals from within its namespace.
func (a Agent) find() (process, error) {
	all, err := a.processes()
	if err != nil {
		return process{}, fmt.Errorf("find the process %q: %w", wanted, err)
	}
	var found, others []process
	for _, p := range all {
		if p.name == wanted {
			found = append(found, p)
		} else {
			others = append(others, p)
		}
	}
	const remedy = `share the process namespace of the pod: "kubectl etcd up --drillable"`
	switch {
	case len(found) == 0:
		return process{}, fmt.Errorf("no process is called %q; seen: %s (%s)", wanted, list(others), remedy)
	case len(found) > 1:
		return process{}, fmt.Errorf("%d processes are called %q: %s (the one to signal cannot be determined)", len(found), wanted, list(found))
	case found[0].pid == 1:
		// pid_namespaces(7): a signal from within that process 1 does not handle is dropped, and kill returns 0.
		return process{}, fmt.Errorf("%q is process 1, and the kernel drops signals to it from its own namespace (%s)", wanted, remedy)
	}
	return found[0], nil
}

// processes returns all processes in Proc except this one and those that have ended.
func (a Agent) processes() ([]process, error) {
	entries, err := fs.ReadDir(a.Proc, ".")
	if err != nil {
		return nil, err
	}
	var all []process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		stat, err := fs.ReadFile(a.Proc, path.Join(e.Name(), "stat"))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended in the meantime
		}
		if err != nil {
			return nil, err
		}
		p, err := parse(pid, string(stat))
		if err != nil {
			return nil, err
		}
		if !p.gone() {
			all = append(all, p)
		}
	}
	return all, nil
}

// parse parses the content of /proc/PID/stat. Name and state come from one read, so that they belong to the same process.
// The name is the one in /proc/PID/comm. It may contain any character, including parentheses.
func parse(pid int, stat string) (process, error) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndex(stat, ") ")
	if open < 0 || end < open || end+2 >= len(stat) {
		return process{}, fmt.Errorf("read the state of process %d: %q", pid, stat)
	}
	return process{pid: pid, name: stat[open+1 : end], state: stat[end+2]}, nil
}

func list(processes []process) string {
	if len(processes) == 0 {
		return "none"
	}
	var words []string
	for i, p := range processes {
		if i == maxListed {
			words = append(words, fmt.Sprintf("%d more", len(processes)-i))
			break
		}
		words = append(words, p.String())
	}
	return strings.Join(words, ", ")
}
