package credentials

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// elsewhereError is the error for a file whose content the API server does not have.
type elsewhereError struct{ file cluster.File }

func (e elsewhereError) Error() string {
	return fmt.Sprintf("%s is %s", e.file.Path, e.file.From.Text)
}

// failure returns why there are no credentials for a member, and which flags replace them.
func (f finder) failure(m cluster.Member, missing []error) error {
	flags := f.remedy(m.Server.TLS)
	var texts, files []string
	for _, err := range missing {
		var status apierrors.APIStatus
		if errors.As(err, &status) { // it is the error with a remedy
			return fmt.Errorf("credentials for pod %q: %w (%s pass %s)", m.PodName, err, grant(err), flags)
		}
		var elsewhere elsewhereError
		if errors.As(err, &elsewhere) && elsewhere.file.From.Kind == settings.HostPath {
			files = append(files, elsewhere.file.From.Path)
		}
		if !slices.Contains(texts, err.Error()) {
			texts = append(texts, err.Error())
		}
	}
	if len(files) > 0 {
		slices.Sort(files)
		return fmt.Errorf("pod %q mounts its certificates from node %q, where this command cannot read them: %s (copy them from the node and pass %s)",
			m.PodName, m.Node(), strings.Join(slices.Compact(files), ", "), flags)
	}
	if m.Server.TLS.Cert.Path == "" {
		texts = append(texts, m.Server.Unknown...)
	}
	return fmt.Errorf("credentials for pod %q: %s (pass %s)", m.PodName, strings.Join(texts, "; "), flags)
}

func grant(err error) string {
	if apierrors.IsForbidden(err) {
		return "grant that right, or"
	}
	return "restore it, or"
}

// remedy names the flags that replace what is missing.
func (f finder) remedy(t cluster.TLS) string {
	var flags []string
	if f.given.needsCA() {
		flags = append(flags, "--etcd-cacert")
	}
	if f.given.pair == nil && t.ClientAuth {
		flags = append(flags, "--etcd-cert", "--etcd-key")
	}
	text := flags[0]
	if len(flags) > 1 {
		text = strings.Join(flags[:len(flags)-1], ", ") + " and " + flags[len(flags)-1]
	}
	return text + ", or --etcd-tls-secret"
}
