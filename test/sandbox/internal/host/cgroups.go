package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const cgroupRoot = "/sys/fs/cgroup"

// hierarchies returns the root of every cgroup hierarchy: the mounted v1 ones, or the only v2 one.
func hierarchies(root string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		return []string{root}, nil
	}
	var tops []string
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("list cgroup hierarchies: %w", err)
	}
	for _, e := range entries {
		top := filepath.Join(root, e.Name())
		if e.IsDir() && exists(filepath.Join(top, "cgroup.procs")) {
			tops = append(tops, top)
		}
	}
	if len(tops) == 0 {
		return nil, fmt.Errorf("no cgroup hierarchy is mounted under %q", root)
	}
	return tops, nil
}

// MakeCgroup creates the named group at the root of every hierarchy. The kubelet expects its root group to exist.
func MakeCgroup(name string) error {
	tops, err := hierarchies(cgroupRoot)
	if err != nil {
		return err
	}
	for _, top := range tops {
		dir := filepath.Join(top, name)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make cgroup: %w", err)
		}
		if err := fillCgroup(top, dir); err != nil {
			return err
		}
	}
	return nil
}

// fillCgroup makes a new group usable: a v1 cpuset is empty until its cpus and memory nodes are copied, and a v2 group has
// only the controllers that its parent enables.
func fillCgroup(top, dir string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		value, err := os.ReadFile(filepath.Join(top, file))
		if err != nil {
			continue // no v1 cpuset
		}
		if err := os.WriteFile(filepath.Join(dir, file), value, 0); err != nil {
			return fmt.Errorf("fill cgroup: %w", err)
		}
	}
	if controllers, err := os.ReadFile(filepath.Join(top, "cgroup.controllers")); err == nil {
		for _, c := range strings.Fields(string(controllers)) {
			// A controller may be unavailable; the kubelet reports the ones that it needs.
			_ = os.WriteFile(filepath.Join(top, "cgroup.subtree_control"), []byte("+"+c), 0)
		}
	}
	return nil
}

// JoinCgroup moves a process into the named group.
func JoinCgroup(name string, pid int) error {
	tops, err := hierarchies(cgroupRoot)
	if err != nil {
		return err
	}
	for _, top := range tops {
		if err := os.WriteFile(filepath.Join(top, name, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return fmt.Errorf("move process %d into cgroup %q: %w", pid, name, err)
		}
	}
	return nil
}

// CgroupPids returns the processes in the named group and below it.
func CgroupPids(name string) []int {
	tops, err := hierarchies(cgroupRoot)
	if err != nil {
		return nil
	}
	var pids []int
	for _, top := range tops {
		_ = filepath.WalkDir(filepath.Join(top, name), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Name() == "cgroup.procs" {
				pids = append(pids, readPids(path)...)
			}
			return nil // groups can be removed meanwhile
		})
	}
	return pids
}

func readPids(file string) []int {
	data, _ := os.ReadFile(file)
	var pids []int
	for _, field := range strings.Fields(string(data)) {
		if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// RemoveCgroup removes the named group and those below it, which must be empty
// of processes.
func RemoveCgroup(name string) error {
	tops, err := hierarchies(cgroupRoot)
	if err != nil {
		return err
	}
	for _, top := range tops {
		if err := removeTree(filepath.Join(top, name)); err != nil {
			return fmt.Errorf("remove cgroup: %w", err)
		}
	}
	return nil
}

// removeTree removes only directories: the files of a cgroup are removed with it.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
