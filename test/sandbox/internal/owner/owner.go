// Package owner records, once for the machine, which checkout owns the sandbox and what it started.
package owner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

// Record describes the sandbox on this machine. It is written before anything in it is created, so that the remains of a
// killed run can be found.
type Record struct {
	Dir         string            `json:"dir"`      // the owner's .sandbox
	Complete    bool              `json:"complete"` // it came up
	All         bool              `json:"all"`      // started with the extras
	Processes   []process.Process `json:"processes"`
	Directories []string          `json:"directories"` // created outside Dir, innermost first
	Sysctls     map[string]string `json:"sysctls"`     // saved values to restore
}

// Read returns the record in dir, or nil if there is no sandbox.
func Read(dir string) (*Record, error) {
	data, err := os.ReadFile(file(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the sandbox's record: %w", err)
	}
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		// A truncated file means that its writer died; what it created has the prefix.
		return &Record{}, nil
	}
	return &r, nil
}

// Write replaces the record in dir atomically.
func (r *Record) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write the sandbox's record: %w", err)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	part := file(dir) + ".part"
	if err := os.WriteFile(part, data, 0o644); err != nil {
		return fmt.Errorf("write the sandbox's record: %w", err)
	}
	return os.Rename(part, file(dir))
}

func file(dir string) string { return filepath.Join(dir, "state.json") }

// Names returns the names of the recorded processes.
func (r *Record) Names() map[string]bool {
	names := map[string]bool{}
	for _, p := range r.Processes {
		names[p.Name] = true
	}
	return names
}

// Dead returns the names of recorded processes that no longer run.
func (r *Record) Dead() []string {
	var dead []string
	for _, p := range r.Processes {
		if !p.Alive() {
			dead = append(dead, p.Name)
		}
	}
	return dead
}

// Standing is what a record means to a checkout that wants to use the machine.
type Standing int

// What a checkout can find.
const (
	Free    Standing = iota // no sandbox
	Ours                    // this checkout's, and every process runs
	Foreign                 // another checkout's, and in use
	Remains                 // left by a dead or unfinished sandbox
)

// Judge returns what the record means to the owner of dir. The caller must hold the machine's lock: the writer of an
// incomplete record is dead then.
func Judge(r *Record, dir string) Standing {
	switch {
	case r == nil:
		return Free
	case !r.Complete:
		return Remains
	case r.Dir == dir && len(r.Dead()) == 0:
		return Ours
	case r.Dir == dir || len(r.Dead()) == len(r.Processes) || !isDir(r.Dir):
		return Remains
	}
	return Foreign
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
