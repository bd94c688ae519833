package etcd

import "strings"

// maxReason bounds the length of a table cell.
const maxReason = 40

// podReason shortens the reason why a pod does not run to the term of Kubernetes.
func podReason(trouble string) string {
	if at := strings.IndexAny(trouble, ",:("); at > 0 {
		trouble = trouble[:at]
	}
	return short(trouble)
}

// cause shortens the error of a call to its cause, without the operation and the remedy.
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
