package cluster

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// maxReason bounds how much of a reason goes into a line, in characters.
const maxReason = 300

// Removed is part of what etcd logs if its member was removed from the cluster (server/etcdserver/server.go).
const Removed = "permanently removed"

// oomKilled is the kubelet's reason for a container that the kernel killed for its memory use.
const oomKilled = "OOMKilled"

// exitText returns the exit code of a container of the member, how often it was restarted, and why it ended.
func (m Member) exitText(s corev1.ContainerStatus, last *corev1.ContainerStateTerminated) string {
	text := fmt.Sprintf("exit code %d, restarted %d times", last.ExitCode, s.RestartCount)
	if cause := m.exitCause(s, last); cause != "" {
		text += ": " + cause
	}
	return text
}

// exitCause returns what a container was killed for, or else its last log line. The container's status has the log line
// only with terminationMessagePolicy FallbackToLogsOnError, and after an exit with an error.
func (m Member) exitCause(s corev1.ContainerStatus, last *corev1.ContainerStateTerminated) string {
	words := cmp.Or(lastLine(last.Message), m.LastLogLines[s.Name])
	switch {
	case last.Reason == oomKilled: // etcd cannot log it
		return m.memoryText(s.Name)
	case m.ProbeFails != "" && s.Name == m.Server.Container && !strings.Contains(words, Removed):
		return "the kubelet ended it: " + m.ProbeFails
	}
	return words
}

// lastLine returns the log line that says why etcd ended: that its member was removed, its fatal or panic entry, or the
// line before a usage text or a stack trace; else the last line. A removed member exits cleanly or with a fatal "server
// is stopping", depending on timing (etcd 3.6).
func lastLine(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if i := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, Removed) }); i >= 0 {
		return OneLine(logMessage(strings.TrimSpace(lines[i])))
	}
	for i := len(lines) - 1; i >= 0; i-- {
		switch line := strings.TrimSpace(lines[i]); {
		case strings.Contains(line, `"level":"fatal"`), strings.Contains(line, `"level":"panic"`):
			return OneLine(logMessage(line))
		case strings.HasPrefix(line, "panic: ") && (i == 0 || !strings.Contains(lines[i-1], `"level":"panic"`)):
			return OneLine(line)
		case line == "Usage:" && i > 0: // the flag package prints what was wrong above it
			return OneLine(lines[i-1])
		}
	}
	return OneLine(logMessage(lines[len(lines)-1]))
}

// logMessage returns the error of an entry of etcd's log, or else its message. For a panic it returns both: the error
// does not say what failed. Lines that are no JSON are returned as they are.
func logMessage(line string) string {
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

// OneLine makes a text one line of at most maxReason characters. It cuts the middle out: errors begin with what failed,
// and runtimes put the cause at the end.
func OneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxReason {
		const half = maxReason / 2
		return string(runes[:half]) + "…" + string(runes[len(runes)-half:])
	}
	return s
}
