package cluster

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// maxReason bounds how much of a container's last words goes into a line.
const maxReason = 300

// Removed is what etcd says whose identity is no member's any more (server/etcdserver/server.go).
const Removed = "permanently removed"

// exitText says how a container ended. Its status has its last words only where it asks for that
// (terminationMessagePolicy: FallbackToLogsOnError), and after an end with an error.
func exitText(restarts int32, last *corev1.ContainerStateTerminated, words string) string {
	text := fmt.Sprintf("exit code %d, restarted %d times", last.ExitCode, restarts)
	if line := cmp.Or(lastLine(last.Message), words); line != "" {
		text += ": " + line
	}
	return text
}

// lastLine returns what matters of the last log lines: etcd's fatal line, its word that it was removed, or what stands
// before a text of usage; else the last line.
func lastLine(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		switch line := strings.TrimSpace(lines[i]); {
		case strings.Contains(line, `"level":"fatal"`), strings.Contains(line, Removed):
			return OneLine(logged(line))
		case line == "Usage:" && i > 0: // what was wrong with the flags stands above it (flag package)
			return OneLine(lines[i-1])
		}
	}
	return OneLine(logged(lines[len(lines)-1]))
}

// logged takes out of a line of etcd's log what it says, and of an error only that. Other lines are returned as they are.
func logged(line string) string {
	var entry struct {
		Message string `json:"msg"`
		Error   string `json:"error"`
	}
	if err := json.Unmarshal([]byte(line), &entry); err != nil {
		return line
	}
	return cmp.Or(entry.Error, entry.Message, line)
}

// OneLine makes one line of bounded length out of a text.
func OneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxReason {
		return string(runes[:maxReason]) + "…"
	}
	return s
}
