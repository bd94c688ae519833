package cli

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// fallbackServer is what client-go asks where no cluster is chosen.
const fallbackServer = "http://localhost:8080"

// restConfig resolves kubectl's flags and the kubeconfig.
func (o *Factory) restConfig() (*rest.Config, error) {
	config, err := o.config.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	if config.Host == fallbackServer {
		if err := noContext(o.config); err != nil {
			return nil, err
		}
	}
	config = rest.CopyConfig(config)
	if config.ExecProvider != nil {
		o.program.set(config.ExecProvider.Command)
	}
	if server, err := url.Parse(config.Host); err == nil && server.Host != "" {
		root := strings.TrimSuffix(server.Path, "/")
		config.Wrap(func(next http.RoundTripper) http.RoundTripper { return kubernetesOnly{next, server.Redacted(), root} })
	}
	config.UserAgent = "kubectl-etcd/" + Version()
	config.WarningHandler = rest.NewWarningWriter(render.Harmless(o.ErrOut), rest.WarningWriterOptions{Deduplicate: true})
	// The default of 5 requests a second is made for controllers; the API server has its own fairness for the rest.
	config.QPS, config.Burst = -1, -1
	// Half of the bytes, and a fraction of the time to read them: "list -A" reads every pod there is.
	config.ContentType, config.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf+","+runtime.ContentTypeJSON
	return config, nil
}

// noContext says that a kubeconfig has contexts of which none is chosen, where that is so.
func noContext(config *genericclioptions.ConfigFlags) error {
	loader := config.ToRawKubeConfigLoader()
	raw, err := loader.RawConfig()
	if err != nil || raw.CurrentContext != "" || len(raw.Contexts) == 0 || config.Context != nil && *config.Context != "" {
		return nil
	}
	var paths []string
	for _, path := range loader.ConfigAccess().GetLoadingPrecedence() {
		if _, err := os.Stat(path); err == nil {
			paths = append(paths, path)
		}
	}
	if explicit := loader.ConfigAccess().GetExplicitFile(); explicit != "" {
		paths = []string{explicit}
	}
	names := slices.Sorted(maps.Keys(raw.Contexts))
	return fmt.Errorf("the kubeconfig %q has no current-context (choose one of its contexts with --context: %s; \"kubectl config use-context\" keeps the choice)",
		strings.Join(paths, string(os.PathListSeparator)), quoted(names))
}

func quoted(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(all, ", ")
}

// strangerError says that what answers is no API server of a Kubernetes.
type strangerError struct{ server string }

func (e *strangerError) Error() string {
	return fmt.Sprintf("what answers at %q is no Kubernetes API: it has none of its objects there (check host and path of \"server\" in this context's cluster, or choose another --context)", e.server)
}

// maxRefusal bounds what is read of an answer that says that something is not there.
const maxRefusal = 64 << 10

// kubernetesOnly is a transport that knows an answer of something else: of a proxy that does not know the path, for example.
// Every API server has the APIs of pods and of StatefulSets, and says that an object of theirs is not there by a Status.
type kubernetesOnly struct {
	http.RoundTripper
	server, root string
}

// RoundTrip implements http.RoundTripper.
func (k kubernetesOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := k.RoundTripper.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusNotFound || !k.everywhere(req.URL.Path) ||
		strings.Contains(resp.Header.Get("Content-Type"), "protobuf") {
		return resp, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	_ = resp.Body.Close()
	if err == nil && !bytes.Contains(body, []byte(`"Status"`)) {
		return nil, &strangerError{k.server}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// everywhere reports whether a path is that of objects which every API server has. What is below an object, a kubelet may
// answer.
func (k kubernetesOnly) everywhere(path string) bool {
	for _, api := range []string{"/api/v1/", "/apis/apps/v1/"} {
		if rest, found := strings.CutPrefix(path, k.root+api); found {
			return strings.Count(strings.Trim(rest, "/"), "/") < 4
		}
	}
	return false
}

// WrappedRoundTripper lets client-go find the transport below.
func (k kubernetesOnly) WrappedRoundTripper() http.RoundTripper { return k.RoundTripper }
