package scriptcommands

import (
	"encoding/base64"
	"strings"
)

// SecretForms returns the texts in which a Secret's value could be printed: its lines, without the first and last of PEM, and
// a part of its base64 as manifests have it. Texts with fewer characters than shortest are left out: they are common words.
func SecretForms(value []byte, shortest int) []string {
	var forms []string
	add := func(form string) {
		if len(form) >= shortest {
			forms = append(forms, form)
		}
	}
	for line := range strings.Lines(string(value)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") {
			add(line)
		}
	}
	encoded := base64.StdEncoding.EncodeToString(value)
	if len(encoded) > 120 { // the first characters are the same in all PEM
		encoded = encoded[60:120]
	}
	add(strings.TrimRight(encoded, "="))
	return forms
}
