package cluster

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// maxReason bounds how much of a container's last words goes into a line.
const maxReason = 300

// Removed is what etcd says whose identity is no member's any more (server/etcdserver/server.go).
const Removed = "permanently removed"

// oomKilled is the kubelet's reason for the end of a container that the kernel killed for its memory.
const oomKilled = "OOMKilled"

// exitText says how and for what a container of the member ended.
func (m Member) exitText(s corev1.ContainerStatus, last *corev1.ContainerStateTerminated) string {
	text := fmt.Sprintf("exit code %d, restarted %d times", last.ExitCode, s.RestartCount)
	if cause := m.exitCause(s, last); cause != "" {
		text += ": " + cause
	}
	return text
}

// exitCause says what a container was killed for, else what it said last. Its status has that only where it asks for it
// (terminationMessagePolicy: FallbackToLogsOnError), and after an end with an error.
func (m Member) exitCause(s corev1.ContainerStatus, last *corev1.ContainerStateTerminated) string {
	words := cmp.Or(lastLine(last.Message), m.LastWords[s.Name])
	switch {
	case last.Reason == oomKilled: // no log line tells of it
		return m.memoryText(s.Name)
	case m.ProbeFails != "" && s.Name == m.Server.Container && !strings.Contains(words, Removed):
		return "the kubelet ended it: " + m.ProbeFails
	}
	return words
}

// lastLine returns what matters of the last log lines: etcd's word that it was removed, its fatal line, or what stands
// before a text of usage or a stack trace; else the last line. One that was removed ends in good order, or by a fatal
// "server is stopping", as it happens (etcd 3.6).
func lastLine(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if i := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, Removed) }); i >= 0 {
		return OneLine(logged(strings.TrimSpace(lines[i])))
	}
	for i := len(lines) - 1; i >= 0; i-- {
		switch line := strings.TrimSpace(lines[i]); {
		case strings.Contains(line, `"level":"fatal"`), strings.Contains(line, `"level":"panic"`):
			return OneLine(logged(line))
		case strings.HasPrefix(line, "panic: ") && (i == 0 || !strings.Contains(lines[i-1], `"level":"panic"`)):
			return OneLine(line)
		case line == "Usage:" && i > 0: // what was wrong with the flags stands above it (flag package)
			return OneLine(lines[i-1])
		}
	}
	return OneLine(logged(lines[len(lines)-1]))
}

// logged takes out of a line of etcd's log what it says, and of an error only that; of a panic both, for the error alone does
// not tell what failed. Other lines are returned as they are.
func logged(line string) string {
	var entry struct {
		Level   string `json:"level"`
		Message string `json:"msg"`
		Error   string `json:"error"`
	}
	if err := json.Unmarshal([]byte(line), &entry); err != nil {
		return line
	}
	if entry.Level == "panic" {
		return strings.TrimSuffix(entry.Message+": "+entry.Error, ": ")
	}
	return cmp.Or(entry.Error, entry.Message, line)
}

// OneLine makes one line of bounded length out of a text. It cuts in the middle: what failed stands at the beginning, and
// its cause, with which runtimes end their errors, at the end.
func OneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxReason {
		const half = maxReason / 2
		return string(runes[:half]) + "…" + string(runes[len(runes)-half:])
	}
	return s
}
