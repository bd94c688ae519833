package etcd

import "strings"

// maxReason bounds what goes into a cell of a table.
const maxReason = 40

// podReason returns a few words of why a pod does not run: what Kubernetes calls it, without the details behind.
func podReason(trouble string) string {
	if at := strings.IndexAny(trouble, ",:("); at > 0 {
		trouble = trouble[:at]
	}
	return short(trouble)
}

// cause returns a few words of why a call failed: what it came from, without what was being done and the remedy.
func cause(text string) string {
	text, _, _ = strings.Cut(text, " (")
	text = text[strings.LastIndex(text, ": ")+1:]
	return short(strings.TrimPrefix(strings.TrimSpace(text), "the member "))
}

func short(text string) string {
	text = strings.TrimSpace(text)
	if runes := []rune(text); len(runes) > maxReason {
		return string(runes[:maxReason-1]) + "…"
	}
	return text
}
