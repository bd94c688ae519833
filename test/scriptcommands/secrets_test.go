package scriptcommands

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSecretForms(t *testing.T) {
	key := "-----BEGIN KEY-----\n" + strings.Repeat("a", 64) + "\n" + strings.Repeat("b", 64) + "\nend=\n-----END KEY-----\n"
	for name, c := range map[string]struct {
		value string
		want  []string
	}{
		"a password":     {"correct-horse", []string{"correct-horse", "Y29ycmVjdC1ob3JzZQ"}},
		"a common word":  {"ab", nil},
		"a key in lines": {key, []string{strings.Repeat("a", 64), strings.Repeat("b", 64), base64.StdEncoding.EncodeToString([]byte(key))[60:120]}},
	} {
		if diff := cmp.Diff(c.want, SecretForms([]byte(c.value), 5)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
