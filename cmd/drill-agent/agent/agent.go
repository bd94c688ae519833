//go:build linux

// Package agent sends a signal to the one etcd process that it sees, and leaves a record of it where the pod's status
// shows it. It has the standard library alone: it is built into an image that holds nothing else.
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

// Agent is where one looks and writes.
type Agent struct {
	Proc     fs.FS  // /proc
	Message  string // the file that becomes the container's termination message
	Out, Err io.Writer
}

// Record is what was done, as one line of JSON.
type Record struct {
	Signal  string    `json:"signal,omitempty"`
	PID     int       `json:"pid,omitempty"` // in the agent's process namespace
	Process string    `json:"process,omitempty"`
	At      time.Time `json:"at,omitzero"`    // just before the signal
	Until   time.Time `json:"until,omitzero"` // just after it was continued
	Error   string    `json:"error,omitempty"`
}

// The exit status.
const (
	statusDone = iota
	statusFailed
	statusUsage
)

// maxPause is longer than a drill takes, and short enough to mend itself what nobody mends.
const maxPause = 10 * time.Minute

var (
	errUsage       = errors.New(`use "drill-agent [--not-after=TIME] kill" or "drill-agent [--not-after=TIME] pause DURATION"`)
	errInterrupted = errors.New("interrupted before the time was up")
)

// Run does what the arguments say and returns the exit status.
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

// notAfter is the flag with the time after which nothing may be done any more: a kubelet starts the container whenever it
// can, and who asked may have given up long ago.
const notAfter = "--not-after="

func inTime(text string) error {
	limit, err := time.Parse(time.RFC3339Nano, text)
	switch {
	case err != nil:
		return fmt.Errorf("invalid time %q (%w)", text, errUsage)
	case time.Now().After(limit):
		return fmt.Errorf("it is later than %s: nothing was done", text)
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
			return Record{}, fmt.Errorf("a pause of %s is not more than 0 and at most %s (%w)", d, maxPause, errUsage)
		}
		return a.pause(ctx, d)
	default:
		return Record{}, errUsage
	}
}
