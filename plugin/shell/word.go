// Package shell quotes what a shell reads.
package shell

import "mvdan.cc/sh/v3/syntax"

// Word quotes a text as one word of a shell. A text with a zero byte cannot be one: otherwise stands for it.
func Word(text, otherwise string) string {
	word, err := syntax.Quote(text, syntax.LangBash)
	if err != nil {
		return otherwise
	}
	return word
}
