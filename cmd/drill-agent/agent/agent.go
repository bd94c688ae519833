//go:build linux

// Package agent sends a signal to the only etcd process in its process namespace. It writes a record of that to the
// termination message, which the pod's status shows. It imports only the standard library; its image has nothing else.
package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Agent has the places that Run reads from and writes to.
type Agent struct {
	Proc     fs.FS  // /proc
	Message  string // the file that becomes the container's termination message
	Out, Err io.Writer
}

// Record is the result of Run, written as one line of JSON.
type Record struct {
	Signal  string    `json:"signal,omitempty"`
	PID     int       `json:"pid,omitempty"` // in the agent's process namespace
	Process string    `json:"process,omitempty"`
	At      time.Time `json:"at,omitzero"`    // just before the signal
	Until   time.Time `json:"until,omitzero"` // just after SIGCONT
	Error   string    `json:"error,omitempty"`
}

// The exit statuses.
const (
	statusDone = iota
	statusFailed
	statusUsage
)

// maxPause is longer than any drill, and short enough that a forgotten pause ends by itself.
const maxPause = 10 * time.Minute

var (
	errUsage       = errors.New(`use "drill-agent [--not-after=TIME] kill" or "drill-agent [--not-after=TIME] pause DURATION"`)
	errInterrupted = errors.New("interrupted before the pause ended")
)

// Run executes the command in args, "kill" or "pause DURATION", optionally after --not-after=TIME, and returns the exit
// status: 0 done, 1 failed, 2 invalid arguments. It writes the Record to Message and to Out, or to Err if it failed.
func (a Agent) Run(ctx context.Context, args []string) int {
	record, err := a.do(ctx, args)
	status, to := statusDone, a.Out
	if err != nil {
		record.Error = err.Error()
		status, to = statusFailed, a.Err
	}
	if errors.Is(err, errUsage) {
		status = statusUsage
	}
	line, err := json.Marshal(record)
	if err != nil {
		fmt.Fprintln(a.Err, err)
		return statusFailed
	}
	line = append(line, '\n')
	if _, err := to.Write(line); err != nil {
		status = max(status, statusFailed)
	}
	if err := os.WriteFile(a.Message, line, 0o600); err != nil {
		fmt.Fprintln(a.Err, err)
		status = max(status, statusFailed)
	}
	return status
}

// notAfter is the flag with the time (RFC 3339) after which the agent does nothing: the kubelet may start the container
// long after the drill has given up.
const notAfter = "--not-after="

func inTime(text string) error {
	limit, err := time.Parse(time.RFC3339Nano, text)
	switch {
	case err != nil:
		return fmt.Errorf("invalid time %q (%w)", text, errUsage)
	case time.Now().After(limit):
		return fmt.Errorf("it is later than %s: no signal was sent", text)
	}
	return nil
}

func (a Agent) do(ctx context.Context, args []string) (Record, error) {
	if len(args) > 0 && strings.HasPrefix(args[0], notAfter) {
		if err := inTime(strings.TrimPrefix(args[0], notAfter)); err != nil {
			return Record{}, err
		}
		args = args[1:]
	}
	switch {
	case len(args) == 1 && args[0] == "kill":
		return a.kill()
	case len(args) == 2 && args[0] == "pause":
		d, err := time.ParseDuration(args[1])
		if err != nil {
			return Record{}, fmt.Errorf("invalid duration %q (%w)", args[1], errUsage)
		}
		if d <= 0 || d > maxPause {
			return Record{}, fmt.Errorf("a pause of %s is out of range: it must be more than 0 and at most %s (%w)", d, maxPause, errUsage)
		}
		return a.pause(ctx, d)
	default:
		return Record{}, errUsage
	}
}
