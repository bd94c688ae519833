// Package shell quotes text for a shell.
package shell

import "mvdan.cc/sh/v3/syntax"

// Word quotes text as one word for bash. It returns otherwise for text with a zero byte, which no shell word can hold.
func Word(text, otherwise string) string {
	word, err := syntax.Quote(text, syntax.LangBash)
	if err != nil {
		return otherwise
	}
	return word
}
